import { letters, rolled, slotOf, slots } from './rolling-letters.ts';

interface Needle {
  readonly text: string;
  readonly replacement: string;
}

/**
 * Finds registered values in one pass over the text, however many there are, also where line ends, blanks or invisible
 * characters were put between their letters.
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
    replaceIn: (text) => (buckets.size === 0 ? text : replaced(text, filled, buckets)),
  };
}

function replaced(
  text: string,
  filled: Uint8Array,
  buckets: ReadonlyMap<number, readonly Needle[]>,
): string {
  let result = '';
  let copied = 0;
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
    if (filled[slot] === 0 || first < copied) continue;
    const found = longest(text, first, buckets.get(slot));
    if (found === null) continue;
    result += text.slice(copied, first) + found.replacement;
    copied = found.end;
    index = found.end - 1;
    slot = 0;
  }
  return copied === 0 ? text : result + text.slice(copied);
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

/** Blanks, line ends, soft hyphens, zero-width and direction marks: a reader's eye or a copy takes them out again. */
function isGap(character: number): boolean {
  if (character > 0x20 && character < 0xad) return false;
  return (
    character === 0x20 ||
    (character >= 0x09 && character <= 0x0d) ||
    character === 0xad ||
    (character >= 0x200b && character <= 0x200f) ||
    (character >= 0x202a && character <= 0x202e) ||
    (character >= 0x2060 && character <= 0x2064) ||
    character === 0xfeff
  );
}

function withoutGaps(text: string): string {
  return [...text].filter((one) => !isGap(one.charCodeAt(0))).join('');
}
