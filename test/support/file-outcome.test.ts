import { expect, test } from 'vitest';
import { closingLine, type FileOutcome, filesToTryAgain, withLater } from './file-outcome.ts';

const file = (path: string, passed: number, failed: number): FileOutcome => ({
  path,
  passed,
  failed,
  wrong: [],
});
const many = (count: number): FileOutcome[] =>
  Array.from({ length: count }, (_, at) => file(`${at}.test.ts`, 1, 1));

test('the closing line counts the last outcome of each file, and a file that failed twice fails', () => {
  const first = [file('a.test.ts', 3, 0), file('b.test.ts', 1, 2), file('c.test.ts', 0, 1)];
  expect(filesToTryAgain({ outcomes: first, homeless: 0 })).toEqual(['b.test.ts', 'c.test.ts']);
  const both = withLater(first, [file('b.test.ts', 3, 0), file('c.test.ts', 0, 1)]);
  expect(closingLine(both)).toBe('6 passed, 1 failed');
});

test('nothing is tried again where many files failed or an error belongs to no file', () => {
  expect(filesToTryAgain({ outcomes: many(8), homeless: 0 })).toHaveLength(8);
  expect(filesToTryAgain({ outcomes: many(9), homeless: 0 })).toEqual([]);
  expect(filesToTryAgain({ outcomes: many(1), homeless: 1 })).toEqual([]);
});
