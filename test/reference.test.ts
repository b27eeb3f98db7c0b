import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { permissionsPage } from '../scripts/permission-matrix.ts';
import { commandsPage, openApiPage, operationsPage } from '../scripts/reference-pages.ts';
import { catalogue } from '../src/operations/catalogue.ts';
import { auditEntryJsonSchema } from '../src/platform/audit/entry-schema.ts';

const root = new URL('../', import.meta.url);
const page = async (name: string): Promise<string> =>
  readFile(new URL(`docs/reference/${name}`, root), 'utf8');

test('the pages of commands and operations are up to date (node scripts/generate-reference.ts)', async () => {
  expect(await page('operations.md')).toBe(operationsPage());
  expect(await page('permissions.md')).toBe(permissionsPage());
  expect(await page('commands.md')).toBe(commandsPage());
  expect(await page('openapi.json')).toBe(openApiPage());
});

test('the published schema of an audit entry is that of the code (node scripts/generate-reference.ts)', async () => {
  expect(JSON.parse(await page('audit-entry.schema.json'))).toEqual(auditEntryJsonSchema());
});

test('every contract in the tree is in the catalogue, once', async () => {
  const folder = new URL('src/operations/', root);
  const files = (await readdir(folder, { recursive: true })).filter((name) =>
    name.endsWith('contract.ts'),
  );
  const declared: string[] = [];
  for (const file of files) {
    const text = await readFile(new URL(file, folder), 'utf8');
    declared.push(...[...text.matchAll(/^ {2}name: '([^']+)',$/gmu)].map(([, name = '']) => name));
  }
  const listed = catalogue().map(({ name }) => name);
  expect(declared.length).toBeGreaterThan(20);
  expect(listed).toEqual(declared.toSorted((one, other) => one.localeCompare(other, 'en')));
});
