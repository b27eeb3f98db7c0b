import { decodedViews } from './decoded-view.ts';
import { letters, rolled, slotOf, slots } from './rolling-letters.ts';

interface Needle {
  readonly text: string;
  readonly replacement: string;
}

/** A value in a text. */
interface Found {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/**
 * Finds registered values in one pass over the text, however many there are, also where line ends, blanks or invisible
 * characters were put between their letters, or some of them escaped.
 */
export interface KnownValues {
  add(text: string, replacement: string): void;
  replaceIn(text: string): string;
}

export function createKnownValues(): KnownValues {
  const buckets = new Map<number, Needle[]>();
  const filled = new Uint8Array(slots);
  return {
    add: (given, replacement) => {
      const text = withoutGaps(given);
      if (text.length < letters) return;
      const slot = slotOf(text);
      const bucket = buckets.get(slot) ?? [];
      if (bucket.some((needle) => needle.text === text)) return;
      bucket.push({ text, replacement });
      bucket.sort((a, b) => b.text.length - a.text.length);
      buckets.set(slot, bucket);
      filled[slot] = 1;
    },
    replaceIn: (text) => {
      if (buckets.size === 0) return text;
      const clean = replaced(text, found(text, filled, buckets));
      const escaped: Found[] = [];
      for (const view of decodedViews(clean)) {
        for (const { start, end, replacement } of found(view.text, filled, buckets)) {
          escaped.push({
            start: view.starts[start] ?? 0,
            end: view.ends[end - 1] ?? 0,
            replacement,
          });
        }
      }
      return replaced(clean, escaped);
    },
  };
}

function replaced(text: string, all: readonly Found[]): string {
  let result = '';
  let copied = 0;
  for (const { start, end, replacement } of all) {
    result += text.slice(copied, start) + replacement;
    copied = end;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function found(
  text: string,
  filled: Uint8Array,
  buckets: ReadonlyMap<number, readonly Needle[]>,
): readonly Found[] {
  const all: Found[] = [];
  let after = 0;
  let slot = 0;
  // Where the last three characters that count stand, oldest first.
  let first = 0;
  let second = 0;
  let third = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (isGap(character)) continue;
    slot = rolled(slot, character);
    first = second;
    second = third;
    third = index;
    if (filled[slot] === 0 || first < after) continue;
    const one = longest(text, first, buckets.get(slot));
    if (one === null) continue;
    all.push({ start: first, ...one });
    after = one.end;
    index = one.end - 1;
    slot = 0;
  }
  return all;
}

function longest(
  text: string,
  start: number,
  needles: readonly Needle[] = [],
): { readonly end: number; readonly replacement: string } | null {
  for (const needle of needles) {
    const end = endOf(needle.text, text, start);
    if (end !== null) return { end, replacement: needle.replacement };
  }
  return null;
}

/** Where the needle ends when it begins at `start`, gaps left out of account; null when it does not. */
function endOf(needle: string, text: string, start: number): number | null {
  let index = start;
  let gap = 0;
  for (let at = 0; at < needle.length; index += 1) {
    if (index >= text.length) return null;
    const character = text.charCodeAt(index);
    if (character === needle.charCodeAt(at)) {
      at += 1;
      gap = 0;
    } else if (!isGap(character) || (gap += 1) > longestGap) return null;
  }
  return index;
}

/** So that a page of blanks is not read again for each letter before it. */
const longestGap = 64;

/**
 * Blanks, line ends, control characters (the half of each letter in UTF-16 too), soft hyphens, zero-width characters,
 * direction marks, variation selectors, tags: a reader's eye or a copy takes them out again.
 */
function isGap(character: number): boolean {
  if (character > 0x20 && character < 0x7f) return false;
  return (
    character <= 0xa0 ||
    character === 0xad ||
    character === 0x34f ||
    (character >= 0x2000 && character <= 0x200f) ||
    (character >= 0x2028 && character <= 0x202f) ||
    (character >= 0x205f && character <= 0x2064) ||
    character === 0x3000 ||
    (character >= 0xfe00 && character <= 0xfe0f) ||
    character === 0xfeff ||
    character === 0xdb40 ||
    (character >= 0xdc20 && character <= 0xdc7f)
  );
}

function withoutGaps(text: string): string {
  return Array.from({ length: text.length }, (_, at) => text.charAt(at))
    .filter((one) => !isGap(one.charCodeAt(0)))
    .join('');
}
