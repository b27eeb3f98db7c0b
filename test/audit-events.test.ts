import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { catalogue } from '../src/operations/catalogue.ts';

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

test('every event that the program writes into the audit log is seen by a test that makes it happen', async () => {
  const program = await textOf('src', isProgram);
  const operations = new Set(catalogue().map(({ name }) => name));
  const events = new Set(
    writes
      .flatMap((pattern) => [...program.matchAll(pattern)].map(([, event = '']) => event))
      // What the gate writes of operations is walked by src/operations/gate.test.ts and test/permissions.test.ts.
      .filter((event) => !operations.has(event)),
  );
  expect(events.size).toBeGreaterThan(50);
  const tests = `${await textOf('src', isTest)}\n${await textOf('test', isTest)}`;
  const unseen = [...events].filter((event) => !tests.includes(`'${event}'`));
  expect(unseen).toEqual([]);
});
