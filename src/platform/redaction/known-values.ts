import {
  type Candidates,
  createLook,
  type Look,
  type Marks,
  type Replaced,
  withReplaced,
} from './candidates.ts';
import { decodedText, escapedParts, viewOf } from './decoded-view.ts';
import { isGap } from './gaps.ts';
import { letters, rolled, slotOf } from './rolling-letters.ts';
import { unitsIn } from './units.ts';

interface Needle {
  readonly text: string;
  readonly replacement: string;
}

/**
 * Values whose first three letters are alike. Many encodings begin alike (`\\u00`, `&#x`), so the long ones are told
 * apart by further letters: the work at a place does not grow with the number of values.
 */
interface Bucket {
  readonly short: Needle[];
  readonly long: Map<number, Needle[]>;
}

/** So many letters are asked at once of a value that has them. */
const further = 14;

/**
 * Finds registered values in one pass over the text, however many there are, also where line ends, blanks or invisible
 * characters were put between their letters, or some of them escaped.
 */
export interface KnownValues {
  add(text: string, replacement: string): void;
  /** The text without them, as the look at it sees it; `begin` as that takes it. */
  replaceIn(text: string, lookAt: Look['at'], begin?: string): Candidates;
}

export function createKnownValues(marks: Marks): KnownValues {
  const buckets = new Map<number, Bucket>();
  const lookAtView = createLook(marks);
  return {
    add: (given, replacement) => {
      const text = withoutGaps(given);
      if (text.length < letters) return;
      const slot = slotOf(text);
      const bucket = buckets.get(slot) ?? { short: [], long: new Map<number, Needle[]>() };
      buckets.set(slot, bucket);
      const hash = hashAt(unitsIn(text), text.length, 0);
      const needles = hash === null ? bucket.short : (bucket.long.get(hash) ?? []);
      if (needles.some((needle) => needle.text === text)) return;
      needles.push({ text, replacement });
      needles.sort((a, b) => b.text.length - a.text.length);
      if (hash !== null) bucket.long.set(hash, needles);
      marks.addKnown(text);
    },
    replaceIn: (text, lookAt, begin) => {
      let seen = lookAt(text, begin);
      if (buckets.size === 0) return seen;
      const plain = found(seen, buckets);
      if (plain.length > 0) seen = lookAt(withReplaced(text, plain));
      if (seen.escapes.length === 0) return seen;
      const escaped: Replaced[] = [];
      for (const part of escapedParts(seen.text, seen.escapes)) {
        const inside = found(
          lookAtView.at(decodedText(seen.text.slice(part.from, part.to))),
          buckets,
        );
        if (inside.length === 0) continue;
        // Where they came from is asked only when there is one.
        const { starts, ends } = viewOf(seen.text, part);
        for (const { start, end, replacement } of inside)
          escaped.push({ start: starts[start] ?? 0, end: ends[end - 1] ?? 0, replacement });
      }
      return escaped.length === 0 ? seen : lookAt(withReplaced(seen.text, escaped));
    },
  };
}

function found(
  { text, units, known }: Candidates,
  buckets: ReadonlyMap<number, Bucket>,
): readonly Replaced[] {
  const all: Replaced[] = [];
  let after = 0;
  for (let index = 0; index < known.length; index += 1) {
    const start = lettersBefore(units, known.items[index] ?? 0, after);
    if (start === -1) continue;
    const one = longest(units, text.length, start, buckets.get(denseSlot(units, start)));
    if (one === null) continue;
    all.push({ start, ...one });
    after = one.end;
  }
  return all;
}

/** The slot of the letters that begin here, gaps left out of account. */
function denseSlot(units: Uint16Array, start: number): number {
  let slot = 0;
  let counted = 0;
  for (let at = start; counted < letters; at += 1) {
    const unit = units[at] ?? 0;
    if (isGap(unit)) continue;
    slot = rolled(slot, unit);
    counted += 1;
  }
  return slot;
}

/** Where the last letters that count, up to this one, begin; -1 when that is before `from`. */
function lettersBefore(units: Uint16Array, index: number, from: number): number {
  let counted = 1;
  if (index < from) return -1;
  for (let at = index - 1; at >= from; at -= 1)
    if (!isGap(units[at] ?? 0) && (counted += 1) === letters) return at;
  return -1;
}

function longest(
  units: Uint16Array,
  length: number,
  start: number,
  bucket: Bucket | undefined,
): { readonly end: number; readonly replacement: string } | null {
  if (bucket === undefined) return null;
  const hash = bucket.long.size === 0 ? null : hashAt(units, length, start);
  const long = hash === null ? undefined : bucket.long.get(hash);
  return (
    longestOf(long ?? [], units, length, start) ?? longestOf(bucket.short, units, length, start)
  );
}

/** Of the first letters that count; null when there are not so many. */
function hashAt(units: Uint16Array, length: number, start: number): number | null {
  let hash = 0;
  let counted = 0;
  let gap = 0;
  for (let at = start; at < length; at += 1) {
    const unit = units[at] ?? 0;
    if (isGap(unit)) {
      if ((gap += 1) > longestGap) return null;
      continue;
    }
    gap = 0;
    hash = (Math.imul(hash, 31) + unit) | 0;
    if ((counted += 1) === further) return hash;
  }
  return null;
}

function longestOf(
  needles: readonly Needle[],
  units: Uint16Array,
  length: number,
  start: number,
): { readonly end: number; readonly replacement: string } | null {
  for (const needle of needles) {
    const end = endOf(needle.text, units, length, start);
    if (end !== null) return { end, replacement: needle.replacement };
  }
  return null;
}

/** Where the needle ends when it begins at `start`, gaps left out of account; null when it does not. */
function endOf(needle: string, units: Uint16Array, length: number, start: number): number | null {
  let index = start;
  let gap = 0;
  for (let at = 0; at < needle.length; index += 1) {
    if (index >= length) return null;
    const character = units[index] ?? 0;
    if (character === needle.charCodeAt(at)) {
      at += 1;
      gap = 0;
    } else if (!isGap(character) || (gap += 1) > longestGap) return null;
  }
  return index;
}

/** So that a page of blanks is not read again for each letter before it. */
const longestGap = 64;

function withoutGaps(text: string): string {
  return Array.from({ length: text.length }, (_, at) => text.charAt(at))
    .filter((one) => !isGap(one.charCodeAt(0)))
    .join('');
}
