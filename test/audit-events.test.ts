import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

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

test('every event that the program writes into the audit log is seen by a test that makes it happen', async () => {
  const program = await textOf('src', isProgram);
  const events = new Set(
    [...program.matchAll(/\bevent: '([a-z_]+\.[a-z_]+)'/gu)].map(([, event = '']) => event),
  );
  expect(events.size).toBeGreaterThan(25);
  const tests = `${await textOf('src', isTest)}\n${await textOf('test', isTest)}`;
  const unseen = [...events].filter((event) => !tests.includes(`'${event}'`));
  expect(unseen).toEqual([]);
});
