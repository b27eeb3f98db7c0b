import fc from 'fast-check';
import { expect, test } from 'vitest';
import { counted, printable } from './terminal.ts';

test.each([
  ['\u001B[31mred\u001B]0;title\u0007', '\\u001b[31mred\\u001b]0;title\\u0007'],
  ['\u009B31m', '\\u009b31m'],
  ['a\u202Eb\u2066c', 'a\\u202eb\\u2066c'],
  ['a\rb\u0008', 'a\\u000db\\u0008'],
  ['\u{E0041}', '\\ue0041'],
  ['line\n\ttab', 'line\n\ttab'],
  ['Grüße 漢字 😀', 'Grüße 漢字 😀'],
])('%j is printed as %j', (text, wanted) => {
  expect(printable(text)).toBe(wanted);
});

test('whatever is printed, nothing in it steers a terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      expect(printable(text)).not.toMatch(/[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/u);
    }),
    { numRuns: 500 },
  );
});

test('a count has its noun in the right number', () => {
  expect([0, 1, 2].map((count) => counted(count, 'scan'))).toEqual([
    '0 scans',
    '1 scan',
    '2 scans',
  ]);
});
