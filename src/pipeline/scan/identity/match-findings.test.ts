import { expect, test } from 'vitest';
import type { KnownFinding } from '../../../domain/ports/stores.ts';
import { sha256 } from '../../../lib/hash.ts';
import { createRandom } from '../../../lib/random.ts';
import { createFilePolicy } from '../file-policy.ts';
import { readSightings } from '../read-sightings.ts';
import { matchFindings } from './match-findings.ts';
import { type CodeBase, codeBase, moves, mutations, render, type Todo } from './mutations.suite.ts';

const repository = { host: 'local', name: '/r' } as const;

/** Uniform on [0, 1), the same for a seed on any machine. */
function fractions(seed: string): () => number {
  let turn = 0;
  const random = createRandom((length) => {
    turn += 1;
    return Buffer.from(sha256(`${seed}:${turn}`), 'hex').subarray(0, length);
  });
  return () => random.fraction();
}

/** Looks at the code base as a scan of the changed files does; answers the ids by the todo they truly belong to. */
function look(
  code: CodeBase,
  known: readonly KnownFinding[],
  before: CodeBase | null,
  seed: string,
) {
  const rendered = render(code);
  const old = before === null ? new Map<string, string>() : render(before);
  const paths = new Set([...rendered.keys(), ...old.keys()]);
  const looked = new Set([...paths].filter((path) => rendered.get(path) !== old.get(path)));
  const options = { policy: createFilePolicy(), extraTags: [], monotonicMs: () => 0 };
  const seen = [...looked].flatMap((path) => {
    const text = rendered.get(path);
    return text === undefined
      ? []
      : readSightings({ path, oid: sha256(text), bytes: Buffer.from(text) }, options);
  });
  let births = 0;
  const result = matchFindings({
    repository,
    known,
    seen,
    looked: before === null ? null : looked,
    commit: null,
    now: new Date(0),
    newId: () => `${seed}-${(births += 1)}`,
  });
  const truth = new Map<Todo['gid'], string>();
  for (const [path, file] of code) {
    const todos = file.blocks.flatMap(({ todos }) => todos);
    const here = result.findings.filter(
      (finding) => finding.path === path && finding.status === 'open',
    );
    expect(here).toHaveLength(todos.length);
    todos.forEach((todo, at) => truth.set(todo.gid, here[at]?.id ?? ''));
  }
  return { result, truth };
}

/** Right and all identities over the mutation: old todos must keep their id, new ones must have a fresh one. */
function judge(kind: keyof typeof mutations, seed: string): { right: number; all: number } {
  const fraction = fractions(`${kind}-${seed}`);
  let code = codeBase(fraction);
  let { result, truth } = look(code, [], null, 'first');
  const ids = new Map(truth);
  const steps = mutations[kind](code, fraction);
  for (const [at, next] of steps.entries()) {
    ({ result, truth } = look(next, result.findings, code, `step${at}`));
    code = next;
  }
  const owned = new Set(ids.values());
  const right = [...truth].filter(([gid, id]) =>
    ids.has(gid) ? ids.get(gid) === id : !owned.has(id),
  );
  return { right: right.length, all: truth.size };
}

const kinds = Object.keys(mutations) as (keyof typeof mutations)[];
const seeds = Array.from({ length: 25 }, (_, at) => String(at));

test('over all kinds of change at least 99 of 100 findings keep their id or get a fresh one', () => {
  const table = kinds.map((kind) => {
    const results = seeds.map((seed) => judge(kind, seed));
    const right = results.reduce((sum, one) => sum + one.right, 0);
    const all = results.reduce((sum, one) => sum + one.all, 0);
    return { kind, right, all, rate: right / all };
  });
  const right = table.reduce((sum, one) => sum + one.right, 0);
  const all = table.reduce((sum, one) => sum + one.all, 0);
  expect(kinds.length).toBeGreaterThanOrEqual(20);
  expect(table.filter(({ rate }) => rate < 0.98)).toEqual([]);
  expect(right / all).toBeGreaterThanOrEqual(0.99);
});

/** How many findings of a code base have the fingerprint after the change that they had before. */
function keptFingerprints(kind: keyof typeof moves, seed: string): { kept: number; all: number } {
  const fraction = fractions(`${kind}-${seed}`);
  let code = codeBase(fraction);
  const of = ({ result, truth }: ReturnType<typeof look>) => {
    const byId = new Map(result.findings.map(({ id, fingerprint }) => [id, fingerprint]));
    return new Map([...truth].map(([gid, id]) => [gid, byId.get(id)]));
  };
  let seen = look(code, [], null, 'first');
  const before = of(seen);
  for (const [at, next] of moves[kind](code, fraction).entries()) {
    seen = look(next, seen.result.findings, code, `step${at}`);
    code = next;
  }
  const after = of(seen);
  const kept = [...before].filter(([gid, fingerprint]) => after.get(gid) === fingerprint);
  return { kept: kept.length, all: before.size };
}

const moveKinds = Object.keys(moves) as (keyof typeof moves)[];

test('of a thousand findings that move by five hundred lines, with a rename, in white space or line ends at least 99 of 100 keep their fingerprint', () => {
  const results = moveKinds.flatMap((kind) =>
    Array.from({ length: 9 }, (_, seed) => keptFingerprints(kind, String(seed))),
  );
  const kept = results.reduce((sum, one) => sum + one.kept, 0);
  const all = results.reduce((sum, one) => sum + one.all, 0);
  expect(all).toBeGreaterThanOrEqual(1000);
  expect(kept / all).toBeGreaterThanOrEqual(0.99);
});

test('an untouched look changes nothing', () => {
  const code = codeBase(fractions('same'));
  const first = look(code, [], null, 'a');
  const second = look(code, first.result.findings, code, 'b');
  expect(second.result.findings).toEqual(first.result.findings);
  expect([second.result.opened, second.result.fixed, second.result.returned]).toEqual([[], [], []]);
});

test('a finding that is gone is fixed, and the same id comes back with a revert', () => {
  const code = codeBase(fractions('revert'));
  const first = look(code, [], null, 'a');
  const without: CodeBase = new Map([...code].slice(1));
  const gone = look(without, first.result.findings, code, 'b');
  const back = look(code, gone.result.findings, without, 'c');
  expect(gone.result.fixed.length).toBeGreaterThan(0);
  expect([...back.result.returned].sort()).toEqual([...gone.result.fixed].sort());
  expect(back.truth).toEqual(first.truth);
});
