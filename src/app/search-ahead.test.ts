import { expect, test } from 'vitest';
import { searchAhead } from './search-ahead.ts';

test.each([
  'scan',
  'scan --path',
  'scan --path --help',
  'scan --path a b',
  'scan --path a --tag LATER',
  'scan --path a --state file',
  'scan --repo a/b',
  'tasks --path a',
])('`%s` begins no search before it is understood', (line) => {
  expect(searchAhead(line.split(' '))).toBeNull();
});

test('a path that is nothing fails when its findings are asked for, not before', async () => {
  const ahead = searchAhead(['scan', '--path', '/nowhere/at/all', '--format', 'json']);
  expect(ahead?.path).toBe('/nowhere/at/all');
  await expect(ahead?.look).rejects.toMatchObject({ code: 'folder_not_found' });
  ahead?.close();
});
