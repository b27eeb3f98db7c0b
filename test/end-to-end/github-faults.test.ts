import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { expect } from 'vitest';
import { describe, test } from 'vitest';
import { sha256 } from '../../src/lib/hash.ts';
import { type Cell, cells, nameOf } from '../faults/cells.ts';
import { runCell } from '../faults/run-cell.ts';
import type { GithubLoop } from '../support/github-loop.ts';
import { agentIsAtWork, createGithubLoop, manager } from '../support/github-loop.ts';

const plantedFaults = new URL('../support/plant-faults.ts', import.meta.url).pathname;
const approved = 'approved-for-dev';
const todo = { widgets: { 'list.js': '// TODO: handle the empty list\nexport const a = 1;\n' } };

/** A few of the cells, that FAULTS_SEED chooses; `npm run test:faults` runs all of them. */
const sample = chosen(process.env['FAULTS_SEED'] ?? '1');

/** Not those that wait for a lease to run out, or need a disk of their own. */
function chosen(seed: string): readonly Cell[] {
  const order = (cell: Cell): string => sha256(`${seed} ${nameOf(cell)}`);
  return cells
    .filter(({ fault }) => ['SIGKILL', 'connection reset', '5xx', 'garbage'].includes(fault))
    .filter(({ harm }) => !('during' in harm))
    .toSorted((a, b) => order(a).localeCompare(order(b)))
    .slice(0, 3);
}

describe.concurrent('answers that are lost', () => {
  test('make no issue, branch, pull request or comment twice', async ({ expect }) => {
    await using loop = await createGithubLoop({ targets: todo });
    const lose = (path: RegExp): void =>
      loop.emulator.faults.add({ kind: 'reset-after', match: { method: 'POST', path } });
    lose(/\/issues$/u);
    await loop.once();
    await loop.once();
    expect(loop.proposals()).toHaveLength(1);
    loop.emulator.as('wendy').label(manager, 1, approved);
    lose(/git-receive-pack$/u);
    lose(/\/pulls$/u);
    lose(/\/comments$/u);
    lose(/\/issues\/1\/labels$/u);
    await loop.once();
    await loop.once();
    expect(loop.emulator.faults.pending()).toBe(0);
    const unclear = await loop.query(
      "select from audit_entries where event = 'effect.unknown' and outcome = 'ok'",
    );
    expect(unclear.length).toBeGreaterThanOrEqual(3);
    expectOneEnd(loop, expect);
  }, 420_000);
});

describe.concurrent('a service that is killed', () => {
  test('while it proposes and while it works goes on to exactly one end', async ({ expect }) => {
    await using loop = await createGithubLoop({ targets: todo, agentMs: 4000 });
    const { effects } = loop.emulator.journal;
    const since = (kind: string): (() => boolean) => {
      const before = effects.length;
      return () => effects.slice(before).some((effect) => effect.kind === kind);
    };
    await loop.killed({ killAt: 'effect.intended' });
    await loop.killed({ killAt: 'effect.stored' });
    await loop.once();
    loop.emulator.as('wendy').label(manager, 1, approved);
    await loop.killed({ killAt: 'attempt.begin.ended' });
    await loop.killed({ killWhen: () => agentIsAtWork(loop.service) });
    await loop.killed({ killAt: 'attempt.work.ended' });
    await loop.killed({ killWhen: since('ref-updated') });
    await loop.killed({ killAt: 'attempt.deliver.ended' });
    await loop.once();
    await loop.once();
    expectOneEnd(loop, expect);
  }, 420_000);
});

describe.concurrent('a service that meets an error that nobody catches', () => {
  test('says so in one fatal line and ends, and the next start brings its work to exactly one end', async ({
    expect,
  }) => {
    await using loop = await createGithubLoop({ targets: todo, agentMs: 4000 });
    await loop.once();
    loop.emulator.as('wendy').label(manager, 1, approved);
    const { folder } = loop.service;
    const ended = await loop.service.run(['start', '--once'], {
      env: { PLANT_FOLDER: folder, NODE_OPTIONS: `--import ${plantedFaults}` },
      killWhen: async () => {
        if (await agentIsAtWork(loop.service)) await writeFile(join(folder, 'throw'), '');
        return false;
      },
    });
    expect(ended).toMatchObject({ exitCode: 70, signal: null });
    const fatal = ended.stderr.split('\n').filter((line) => line.includes('"FATAL"'));
    expect(fatal).toHaveLength(1);
    expect(JSON.parse(fatal[0] ?? '')).toMatchObject({ level: 'FATAL', error: 'planted' });
    await loop.once();
    await loop.once();
    expectOneEnd(loop, expect);
  }, 420_000);
});

describe.concurrent(`the fault matrix, ${sample.length} of ${cells.length} cells`, () => {
  test.for(sample.map((cell) => [nameOf(cell), cell] as const))(
    '%s',
    { timeout: 420_000 },
    async ([, cell], { expect }) => {
      expect(await runCell(cell, { seed: 1 })).toEqual({ wrong: [], notRun: null });
    },
  );
});

/** One issue, one branch, one pull request, one comment; and GitHub has nothing to complain about. */
function expectOneEnd(loop: GithubLoop, check: typeof expect): void {
  const { journal, contractViolations } = loop.emulator;
  check(journal.duplicates()).toEqual([]);
  check(journal.unmarked()).toEqual([]);
  check(journal.violations()).toEqual([]);
  check(contractViolations).toEqual([]);
  check(loop.proposals()).toHaveLength(1);
  check(loop.pulls('acme/widgets')).toHaveLength(1);
  check(loop.proposals()[0]?.comments).toHaveLength(1);
  const made = journal.effects.filter(({ kind, via }) => kind === 'ref-updated' && via === 'git');
  check(made).toHaveLength(1);
}
