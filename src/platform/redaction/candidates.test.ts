import { expect, test } from 'vitest';
import { createLook, createMarks, type Looked, type Replaced } from './candidates.ts';

const starts = ['sk-', 'key', 'token', 'password', 'ghp_', 'authorization'];

function createOwnLook() {
  const marks = createMarks();
  for (const start of starts) marks.addFormat(start, start === 'ghp_');
  return createLook(marks);
}

function placesOf({ formats }: Looked): readonly number[] {
  return [...formats.items.subarray(0, formats.length)];
}

test('a look finds each start of a format at its third letter, in the case it asks for', () => {
  const look = createOwnLook();
  const text = 'Token of sk-1, no toke; GHP_ is none, ghp_ is, and so is PASSWORD at the end: key';
  const expected = ['Token', 'sk-', 'ghp_', 'PASSWORD', 'key'].map((one) => text.indexOf(one) + 2);
  expect(placesOf(look.at(text))).toEqual(expected);
});

test('where formats may be in a text with parts replaced is what a look at that text finds', () => {
  const look = createOwnLook();
  const other = createOwnLook();
  const words = [...starts, 'to', 'ken', 'pass', 'word', 's', 'k-', ' ', '\n', 'gh', 'p_', 'x'];
  let seed = 7;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const some = (count: number): string =>
    Array.from({ length: count }, () => words[next(words.length)] ?? '').join('');
  for (let round = 0; round < 500; round += 1) {
    const text = some(30);
    const parts: Replaced[] = [];
    let after = 0;
    for (let part = next(4); part >= 0 && after < text.length; part -= 1) {
      const start = after + next(Math.min(20, text.length - after));
      const end = Math.min(text.length, start + next(40));
      parts.push({ start, end, replacement: some(next(6)) });
      after = end;
    }
    const again = look.again(look.at(text), parts);
    expect(placesOf(again)).toEqual(placesOf(other.at(again.text)));
  }
});
