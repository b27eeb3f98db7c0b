import { expect, test } from 'vitest';
import { createLook, createMarks, type Looked, type Replaced } from './candidates.ts';
import type { Places } from './places.ts';

const starts = ['sk-', 'key', 'token', 'password', 'ghp_', 'authorization'];

function createOwnLook() {
  const marks = createMarks();
  for (const start of starts) marks.addFormat(start, start === 'ghp_');
  marks.addKnown('xken');
  return createLook(marks);
}

function placesOf({ formats }: Looked): readonly number[] {
  return itemsOf(formats);
}

function itemsOf({ items, length }: Places): readonly number[] {
  return [...items.subarray(0, length)];
}

const words = [...starts, 'to', 'ken', 'pass', 'word', 's', 'k-', ' ', '\n', 'gh', 'p_', 'x'];

/** So many words by chance, the same in each run. */
function createSome(): { next: (below: number) => number; some: (count: number) => string } {
  let seed = 7;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const some = (count: number): string =>
    Array.from({ length: count }, () => words[next(words.length)] ?? '').join('');
  return { next, some };
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
  const { next, some } = createSome();
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

test('a look at a text that begins as the one before ended finds what a look at it alone does', () => {
  const look = createOwnLook();
  const { next, some } = createSome();
  for (let round = 0; round < 500; round += 1) {
    const before = some(60);
    const begin = before.slice(next(before.length - 16));
    const text = `${begin}${['\n', ' %41', '  ', 'ａ'][next(4)] ?? ''}${some(20)}`;
    look.at(before);
    const { escapes, formats, known } = look.at(text, begin);
    const alone = createOwnLook().at(text);
    expect(itemsOf(formats)).toEqual(itemsOf(alone.formats));
    expect(itemsOf(escapes)).toEqual(itemsOf(alone.escapes));
    // A value may have begun before the text; more letters are looked at then, and none is found.
    expect(itemsOf(known)).toEqual(expect.arrayContaining([...itemsOf(alone.known)]));
  }
});
