import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { program } from './support/program.ts';

test('what is started holds signs of ASCII alone, so that its text is kept in one byte for each', async () => {
  const folder = dirname(program);
  const files = (await readdir(folder)).filter((name) => /\.[cm]js$/u.test(name));
  const read = files.map(async (name) => [name, await readFile(join(folder, name))] as const);
  const wide = (await Promise.all(read)).filter(([, bytes]) => bytes.some((byte) => byte > 127));
  expect(files.length).toBeGreaterThan(10);
  expect(wide.map(([name]) => name)).toEqual([]);
});
