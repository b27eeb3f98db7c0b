import { expect, test } from 'vitest';
import { firstCharacters } from '../../web/parts/first-characters.ts';

test('a text keeps as many characters as are allowed, a sign of two units as one of them', () => {
  const crabs = '\u{1F980}'.repeat(256);
  expect(firstCharacters(crabs, 256)).toBe(crabs);
  expect(firstCharacters(`${crabs}\u{1F980}`, 256)).toBe(crabs);
  expect(firstCharacters('plain words', 5)).toBe('plain');
});
