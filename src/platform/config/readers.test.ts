import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { describeKeys } from './describe-keys.ts';

const source = new URL('../../', import.meta.url);
/** It writes keys and reads none. */
const writer = 'app/configuration/init.ts';

/** Program text outside the room of the configuration. */
async function programFiles(): Promise<readonly string[]> {
  const names = (await readdir(source, { recursive: true })).filter(
    (name) =>
      name.endsWith('.ts') &&
      !name.endsWith('.test.ts') &&
      !name.startsWith('platform/config/') &&
      name !== writer,
  );
  expect(await readFile(new URL(writer, source), 'utf8')).toContain('writeFile');
  return Promise.all(names.map((name) => readFile(new URL(name, source), 'utf8')));
}

/**
 * True when a file takes the key out of something, and says the name of its section as well. Entries of lists and tables
 * are handed on one by one, so their readers need not know the section.
 */
function reads(text: string, path: string): boolean {
  const parts = path.split('.').filter((part) => part !== '<name>');
  const key = (parts.at(-1) ?? '').replace('[]', '');
  const section = /[[<]/u.test(path) ? key : (parts.at(-2) ?? key);
  return (
    new RegExp(`\\b${section}\\b`, 'u').test(text) &&
    new RegExp(
      `\\.${key}\\b|\\b(?:const|let|\\() \\{[^{}]*\\b${key}\\b|\\(\\{[^{}]*\\b${key}\\b`,
      'u',
    ).test(text)
  );
}

test('every key of the schema is read by the program outside the room of the configuration', async () => {
  const files = await programFiles();
  expect(files.length).toBeGreaterThan(300);
  const unread = describeKeys()
    .map(({ path }) => path)
    .filter((path) => !files.some((text) => reads(text, path)));
  expect(unread).toEqual([]);
});

test('a key that nothing reads is found', () => {
  expect(reads('const { level } = config.logging;', 'logging.level')).toBe(true);
  expect(reads('const { level } = config.logging;', 'logging.flavour')).toBe(false);
});
