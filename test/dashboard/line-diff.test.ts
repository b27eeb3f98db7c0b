import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffLines } from '../../web/pages/settings/configuration/line-diff.ts';

const text = fc
  .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 })
  .map((lines) => lines.join('\n'));

test('taking the added lines out gives the text before, taking the removed ones out the text after', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after);
      const without = (sign: string): string =>
        lines
          .filter((line) => line.sign !== sign)
          .map((line) => line.text)
          .join('\n');
      expect(without('+')).toBe(before);
      expect(without('-')).toBe(after);
    }),
  );
});

test('a text that did not change has no changed line', () => {
  fc.assert(
    fc.property(text, (same) => {
      expect(diffLines(same, same).every(({ sign }) => sign === ' ')).toBe(true);
    }),
  );
});

test('one changed line is one taken out and one added, each under its number', () => {
  expect(diffLines('{\n  "a": 1\n}', '{\n  "a": 2\n}').filter(({ sign }) => sign !== ' ')).toEqual([
    { sign: '-', text: '  "a": 1', number: 2 },
    { sign: '+', text: '  "a": 2', number: 2 },
  ]);
});
