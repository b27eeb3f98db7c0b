import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ocsfEvent, ocsfVersion } from '../src/operations/audit/ocsf.ts';
import { catalogue } from '../src/operations/catalogue.ts';
import { controls } from '../src/operations/security/controls.ts';
import type { ChainedEntry } from '../src/platform/audit/audit-entry.ts';

const root = new URL('../', import.meta.url);

async function textOf(folder: string, isWanted: (name: string) => boolean): Promise<string> {
  const names = await readdir(new URL(folder, root), { recursive: true });
  const files = names.filter((name) => isWanted(name));
  const texts = files.map((name) => readFile(new URL(`${folder}/${name}`, root), 'utf8'));
  return (await Promise.all(texts)).join('\n');
}

const isTest = (name: string) =>
  name.endsWith('.test.ts') && !name.endsWith('audit-events.test.ts');
const isProgram = (name: string) => name.endsWith('.ts') && !/\.(?:test|suite)\.ts$/u.test(name);

/** Names of events that the program writes: as a member, as a choice of two, or through the short forms of two rooms. */
const writes = [
  /\bevent:\s*'([a-z\d_]+(?:\.[a-z\d_]+)+)'/gu,
  /\bevent:[^,;]{0,120}\?\s*'([a-z\d_]+(?:\.[a-z\d_]+)+)'/gu,
  /\bevent:[^,;]{0,120}\?[^,;:]{0,60}:\s*'([a-z\d_]+(?:\.[a-z\d_]+)+)'/gu,
  /\b(?:tell|changed|report)\(\s*(?:\w+,\s*)?'([a-z\d_]+(?:\.[a-z\d_]+)+)'/gu,
  /Event = '([a-z\d_]+(?:\.[a-z\d_]+)+)'/gu,
];

/** Names that are put together: what a person decided of a task, whose word each caller of `decide` gives. */
const composed = /\bevent:\s*`([^`]*)`/gu;
const decided = /\bdecide\(\s*\w+,\s*\w+,\s*(?:\{[^}]*\}|\w+),\s*'(\w+)'/gu;

const anyEntry: ChainedEntry = {
  seq: 1,
  at: new Date(0),
  event: '',
  outcome: 'ok',
  actor: { kind: 'user', name: 'maria' },
  source: null,
  target: null,
  correlationId: 'k',
  reason: null,
  before: null,
  after: null,
  facts: { door: 'http' },
  begun: null,
  version: '1',
  previousHash: '0'.repeat(64),
  hash: '1'.repeat(64),
};

const operations: ReadonlySet<string> = new Set(catalogue().map(({ name }) => name));

/** What is written by itself. What the gate writes of operations is walked by test/permissions.test.ts. */
async function eventsOf(): Promise<ReadonlySet<string>> {
  const program = await textOf('src', isProgram);
  const found = writes.flatMap((pattern) => [...program.matchAll(pattern)]);
  const words = [...program.matchAll(decided)].map(([, word = '']) => `task.${word}`);
  const named = [...found.map(([, event = '']) => event), ...words];
  return new Set(named.filter((event) => !operations.has(event)));
}

test('of the events whose names are put together, all are known', async () => {
  const program = await textOf('src', isProgram);
  const templates = [...program.matchAll(composed)].map(([, template]) => template);
  expect(templates).toEqual(['task.${word}']);
  const events = await eventsOf();
  for (const event of ['task.rejected', 'task.canceled', 'task.retried', 'task.moved'])
    expect(events).toContain(event);
});

test('every event that the program writes into the audit log is seen by a test that makes it happen', async () => {
  const events = await eventsOf();
  expect(events.size).toBeGreaterThan(50);
  const tests = `${await textOf('src', isTest)}\n${await textOf('test', isTest)}`;
  const unseen = [...events].filter((event) => !tests.includes(`'${event}'`));
  expect(unseen).toEqual([]);
});

test('every event is brought about through a door of a running service', async () => {
  const throughDoors = await textOf('test', isTest);
  const others = [...(await eventsOf())].filter((event) => !throughDoors.includes(`'${event}'`));
  expect(others).toEqual([]);
});

/**
 * Of OCSF 1.9.0 (events/iam, events/application, events/findings in github.com/ocsf/ocsf-schema): the highest number of an
 * activity, what is required, and of what at least one is.
 */
const ocsfClasses: Readonly<
  Record<number, { readonly activities: number; readonly all: string[]; readonly one?: string[] }>
> = {
  2004: { activities: 3, all: ['finding_info'] },
  3002: { activities: 5, all: ['user'], one: ['service', 'dst_endpoint'] },
  3003: { activities: 3, all: ['user'], one: ['privileges', 'groups', 'iam_roles'] },
  3004: { activities: 4, all: ['entity'] },
  3007: { activities: 17, all: ['user'] },
  3008: { activities: 11, all: ['iam_role'] },
  6003: { activities: 4, all: ['actor', 'api', 'src_endpoint'] },
};
const always = [
  'category_uid',
  'activity_id',
  'class_uid',
  'type_uid',
  'time',
  'severity_id',
  'metadata',
];

test('every event that can stand in the log is one of OCSF, with what its class requires', async () => {
  const names = [...(await eventsOf()), ...operations];
  const seen = new Set<number>();
  for (const event of names)
    for (const [target, source] of [
      ['task-1', '192.0.2.1'],
      [null, null],
    ] as const) {
      const entry = { ...anyEntry, event, target, source };
      const told = ocsfEvent(entry, '{}', { version: '1' }) as Readonly<Record<string, unknown>>;
      const {
        class_uid: uid,
        activity_id: activity,
        type_uid: type,
      } = told as Record<string, number>;
      const known = ocsfClasses[uid ?? 0];
      seen.add(uid ?? 0);
      const isActivity = activity === 99 || (activity ?? 0) <= (known?.activities ?? -1);
      const missing = [...always, ...(known?.all ?? [])].filter((name) => told[name] === undefined);
      const hasOne = known?.one?.some((name) => told[name] !== undefined) ?? true;
      expect({ event, isActivity, missing, hasOne, type }).toEqual({
        event,
        isActivity: true,
        missing: [],
        hasOne: true,
        type: (uid ?? 0) * 100 + (activity ?? 0),
      });
      expect(told).toMatchObject({
        metadata: { version: ocsfVersion, product: { name: expect.any(String) } },
        unmapped: { facts: anyEntry.facts, hash: anyEntry.hash },
      });
    }
  expect([...seen].toSorted((one, other) => one - other)).toEqual(
    Object.keys(ocsfClasses).map(Number),
  );
});

test('every event that a compliance report counts is written by something', async () => {
  const written = [...(await eventsOf()), ...operations];
  const counted = new Set(controls.flatMap((control) => control.counted));
  const unwritten = [...counted].filter((name) =>
    name.endsWith('*')
      ? !written.some((event) => event.startsWith(name.slice(0, -1)))
      : !written.includes(name),
  );
  expect(unwritten).toEqual([]);
});
