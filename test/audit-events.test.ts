import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { catalogue } from '../src/operations/catalogue.ts';
import { controls } from '../src/operations/security/controls.ts';

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
  /\b(?:tell|changed|report)\(\s*'([a-z\d_]+(?:\.[a-z\d_]+)+)'/gu,
  /Event = '([a-z\d_]+(?:\.[a-z\d_]+)+)'/gu,
];

const operations: ReadonlySet<string> = new Set(catalogue().map(({ name }) => name));

/** What is written by itself. What the gate writes of operations is walked by test/permissions.test.ts. */
async function eventsOf(): Promise<ReadonlySet<string>> {
  const program = await textOf('src', isProgram);
  const found = writes.flatMap((pattern) => [...program.matchAll(pattern)]);
  return new Set(found.map(([, event = '']) => event).filter((event) => !operations.has(event)));
}

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
