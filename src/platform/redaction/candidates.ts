import { escapePairs, isWide } from './decoded-view.ts';
import { isGap } from './gaps.ts';
import { addPlace, noPlaces, type Places } from './places.ts';
import { letterBits, letters, slotOf, slots } from './rolling-letters.ts';
import { createUnits, unitsIn } from './units.ts';

/** Where in a text something may be, found in one pass; valid until the next look. */
export interface Candidates {
  readonly text: string;
  /** The code units of the text with a 0 behind them. */
  readonly units: Uint16Array;
  /** The third letter of what may be a known value, gaps left out of account. */
  readonly known: Places;
  /** The first letter of what may be an escape. */
  readonly escapes: Places;
  /** The third letter of what may be a secret by its look. */
  readonly formats: Places;
}

/** What is looked for, by its first letters. */
export interface Marks {
  /** By the slot of three letters, gaps left out of account: whether a known value may begin with them. */
  readonly known: Uint8Array;
  /** By the slot of three letters: whether a format may. */
  readonly formats: Uint8Array;
  /** How a format may go on, asked where its first three letters stand: most words go on otherwise. */
  readonly further: Further;
  /** How many values were made known: what was looked for before one of them was is to be looked for anew. */
  changes: number;
  addKnown(start: string): void;
  /** Whether its letters are to have the case they have here. */
  addFormat(start: string, isExact: boolean): void;
}

interface Further {
  /** A bit for each hash of the first five letters of some format, or of four or three where it has no more. */
  readonly fifths: Int32Array;
  /** By the slot of the first three: a bit for each number of letters that the formats with them begin with, in any case. */
  readonly lengths: Uint8Array;
  /** The same of those that begin with letters of one case. */
  readonly exactLengths: Uint8Array;
  /** A bit for each hash of letters with which some format begins. */
  readonly starts: Int32Array;
}

/** Of so many letters at most is looked whether a format may begin: those for which `lengths` has a bit. */
const most = letters + 7;
const hashes = 65_536;
/** More of them, because what passes here is tried by rules. */
const startHashes = 1_048_576;

export function createMarks(): Marks {
  const known = new Uint8Array(slots);
  const formats = new Uint8Array(slots);
  const further = {
    fifths: new Int32Array(hashes / 32),
    lengths: new Uint8Array(slots),
    exactLengths: new Uint8Array(slots),
    starts: new Int32Array(startHashes / 32),
  };
  const marks: Marks = {
    known,
    formats,
    further,
    changes: 0,
    addKnown: (start) => {
      marks.changes += 1;
      known[slotOf(start)] = knownBit;
    },
    addFormat: (start, isExact) => {
      marks.changes += 1;
      formats[slotOf(start)] = formatBit;
      addStart(further, slotOf(start), unitsIn(start).subarray(0, most), isExact);
    },
  };
  return marks;
}

function addStart(
  { fifths, lengths, exactLengths, starts }: Further,
  slot: number,
  start: Uint16Array,
  isExact: boolean,
): void {
  const own = isExact ? exactLengths : lengths;
  own[slot] = (own[slot] ?? 0) | (1 << (start.length - letters));
  const fold = isExact ? 0 : anyCase;
  setBit(starts, spread(start.reduce((hash, unit) => mixed(hash, unit | fold), fold)));
  let at = slot;
  for (const next of start.subarray(letters, letters + 2)) at = slotAfter(at, next);
  setBit(fifths, start.length > letters ? at : threeFrom(start, 0));
}

function setBit(set: Int32Array, at: number): void {
  set[at >>> 5] = (set[at >>> 5] ?? 0) | (1 << at);
}

/** The hash of a slot, or of one and the letter behind it, after one more letter, of which six bits count. */
function slotAfter(slot: number, next: number): number {
  return ((slot << 1) ^ Math.imul((next & 0x7f) | 0x20, 709)) & (hashes - 1);
}

/** The hash of three letters, told apart by more of their bits than by the slot. */
function threeFrom(units: Uint16Array, at: number): number {
  const first = ((units[at] ?? 0) << 16) ^ ((units[at + 1] ?? 0) << 8) ^ (units[at + 2] ?? 0);
  return Math.imul(first | 0x202020, 0x9e3779b1) >>> 16;
}

/** The bit by which capitals differ from small letters. */
const anyCase = 0x20;

/** The hash of letters after one more, of which the upper half is spread well. */
function mixed(hash: number, letter: number): number {
  return Math.imul(hash ^ letter, 0x9e3779b1);
}

function spread(hash: number): number {
  return hash >>> 12;
}

// What a hit says was found: in its lowest bits a known value or a format, then the place in the block, above it the second
// letter of an escape, of one of these kinds, or a wide letter, which stands alone.
const knownBit = 1;
const formatBit = 2;
const placeAt = 2;
const placeBits = 12;
const secondAt = placeAt + placeBits + 1;
const pairKinds = 4;
const pairBits = ((1 << pairKinds) - 1) << secondAt;
const wideBit = 1 << (secondAt + pairKinds);
/** So many characters are looked at in one call: a function that is called often is compiled well, a long loop is not. */
const block = 1 << placeBits;

// What a unit does, in one number: what the hash without gaps is mixed with; which kinds of escapes go on with it, or that
// it is wide; which ones begin with it, a wide letter behind any; how far the hash without gaps is shifted, 0 for a gap.
const firstShift = pairKinds + 1;
const foundBits = pairBits | wideBit;
const shiftAt = 29;
// A number of another module is read anew at each step of a loop, one of this one is not.
const step = letterBits;
const lastSlot = slots - 1;
const folds = foldsOf(escapePairs);

/** First letters that go on with the same second ones are one kind of escape, and so are those that are left. */
function foldsOf(pairs: readonly string[]): Int32Array {
  const folds = new Int32Array(65_536);
  for (let unit = 0; unit < folds.length; unit += 1)
    folds[unit] =
      (isGap(unit) ? 0 : (letterBits << shiftAt) | ((unit | anyCase) & lastSlot)) |
      (isWide(unit) ? wideBit : 0) |
      (wideBit << firstShift);
  const set = (letter: string, bits: number): void => {
    const unit = letter.charCodeAt(0);
    folds[unit] = (folds[unit] ?? 0) | bits;
  };
  const secondsOf = (first: string): string =>
    pairs.flatMap((pair) => (pair.startsWith(first) ? pair.slice(1) : [])).join('');
  const firsts = [...new Set(pairs.map((pair) => pair.charAt(0)))];
  const byKind = [...Map.groupBy(firsts, secondsOf)];
  for (const [kind, [seconds, same]] of byKind.entries()) {
    const bit = 1 << (secondAt + (kind % pairKinds));
    for (const first of same) set(first, bit << firstShift);
    for (const second of seconds) set(second, bit);
  }
  return folds;
}

/** What of the text before a block goes into the hashes. */
interface Behind {
  slot: number;
  /** The same without gaps. */
  dense: number;
  /** What the last unit does. */
  fold: number;
}

/**
 * Writes a hit for each character of a block at which something may be, and says how many. There is neither a branch nor a
 * call in the loop: words are short and begin alike, so a branch would be foreseen wrongly every few characters, which
 * costs more than all the rest of a step.
 */
function lookAtBlock(
  { known, formats }: Pick<Marks, 'known' | 'formats'>,
  units: Uint16Array,
  from: number,
  to: number,
  hits: Int32Array,
  behind: Behind,
): number {
  let { slot, dense, fold: last } = behind;
  let count = 0;
  for (let index = from; index < to; index += 1) {
    const unit = units[index] ?? 0;
    const fold = folds[unit] ?? 0;
    slot = ((slot << step) ^ (unit | anyCase)) & lastSlot;
    dense = ((dense << (fold >>> shiftAt)) ^ fold) & lastSlot;
    const found =
      (known[dense] ?? 0) | (formats[slot] ?? 0) | ((last >>> firstShift) & fold & foundBits);
    hits[count] = ((index - from) << placeAt) | found;
    count += -found >>> 31;
    last = fold;
  }
  behind.slot = slot;
  behind.dense = dense;
  behind.fold = last;
  return count;
}

/** Leaves out the formats that no format goes on like in its fourth and fifth letter; how many hits are left. */
function withFifth(
  { fifths }: Further,
  units: Uint16Array,
  from: number,
  hits: Int32Array,
  count: number,
): number {
  let left = 0;
  for (let at = 0; at < count; at += 1) {
    const hit = hits[at] ?? 0;
    const index = placeOf(hit, from);
    const first = Math.max(0, index - letters + 1);
    const three = threeFrom(units, first);
    const four = slotAfter(slotFrom(units, first), units[index + 1] ?? 0);
    const five = slotAfter(four, units[index + 2] ?? 0);
    // No branch here either.
    const isMarked =
      ((fifths[five >>> 5] ?? 0) >>> five) |
      ((fifths[four >>> 5] ?? 0) >>> four) |
      ((fifths[three >>> 5] ?? 0) >>> three);
    const found = hit & (knownBit | foundBits | ((isMarked & 1) << 1));
    hits[left] = (hit & ~formatBit) | found;
    left += -found >>> 31;
  }
  return left;
}

/** Where in the text a hit is. */
function placeOf(hit: number, from: number): number {
  return from + ((hit >>> placeAt) & (block - 1));
}

/** The slot of the letters that begin here. */
function slotFrom(units: Uint16Array, at: number): number {
  const first = ((units[at] ?? 0) | anyCase) << (2 * step);
  const second = ((units[at + 1] ?? 0) | anyCase) << step;
  return (first ^ second ^ ((units[at + 2] ?? 0) | anyCase)) & lastSlot;
}

/** A part of a text that another text is put in for. */
export interface Replaced {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** What the search for formats reads. */
export type Looked = Pick<Candidates, 'text' | 'units' | 'formats'>;

export interface Look {
  /**
   * Looks at each character once, for all that is marked: this is what the speed of the redaction rests on. `begin` is how
   * the text begins; where the text of the look before ended so, what was found there is taken over.
   */
  readonly at: (text: string, begin?: string) => Candidates;
  /** The formats of the text with these parts replaced, in their order: looked for anew only round them. */
  readonly again: (seen: Looked, parts: readonly Replaced[]) => Looked;
}

/** What is shorter is sooner looked at anew than taken over. */
export const worthKeeping = 160;
/** What is longer is not kept for the next look. */
const longestKept = 65_536;

export function createLook(marks: Marks): Look {
  const { further } = marks;
  const unitsOf = createUnits();
  const places = { known: noPlaces(), escapes: noPlaces(), formats: noPlaces() };
  const hits = new Int32Array(block + 1);
  const look = (units: Uint16Array, start: number, end: number, found: Found): void => {
    found.known.length = 0;
    found.escapes.length = 0;
    found.formats.length = 0;
    const behind = { slot: 0, dense: 0, fold: 0 };
    for (let from = start; from < end; from += block) {
      const all = lookAtBlock(marks, units, from, Math.min(from + block, end), hits, behind);
      const left = withFifth(further, units, from, hits, all);
      noteAll(further, units, from, hits, left, found);
    }
  };
  // The text of the last look, what is marked since, and a part of a text looked at anew.
  const last = { text: '', changes: -1 };
  const isKnown = (begin: string): boolean =>
    begin.length > most && last.changes === marks.changes && last.text.endsWith(begin);
  const rest = { known: noPlaces(), escapes: noPlaces(), formats: noPlaces() };
  /** The first `same` characters were looked at before, that many characters further behind: all but what reads on from there. */
  const goOn = (units: Uint16Array, length: number, same: number, further: number): void => {
    const from = same - most;
    look(units, behindLetters(units, from), length, rest);
    takeOver(places.known, further, letters - 1, from, rest.known);
    takeOver(places.formats, further, letters - 1, from, rest.formats);
    takeOver(places.escapes, further, 0, from - 1, rest.escapes);
  };
  return {
    at: (text, begin) => {
      const units = unitsOf(text);
      if (begin === undefined || !isKnown(begin)) look(units, 0, text.length, places);
      else goOn(units, text.length, begin.length, last.text.length - begin.length);
      // A long text would stay in memory for no use: this is for lines.
      last.text = text.length > longestKept ? '' : text;
      last.changes = marks.changes;
      const { known, escapes, formats } = places;
      return { text, units, known, escapes, formats };
    },
    again: (seen, parts) => {
      const text = withReplaced(seen.text, parts);
      const units = replaceUnits(seen, parts) ? seen.units : unitsOf(text);
      const before = seen.formats.items.slice(0, seen.formats.length);
      const near = { known: noPlaces(), escapes: noPlaces(), formats: noPlaces() };
      const formats = noPlaces();
      let at = 0;
      let shift = 0;
      // Up to here it is known where formats may be.
      let next = 0;
      const copyUpTo = (end: number): void => {
        for (; at < before.length && (before[at] ?? 0) + shift < end; at += 1)
          if ((before[at] ?? 0) + shift >= next) addPlace(formats, (before[at] ?? 0) + shift);
      };
      for (const { start, end, replacement } of parts) {
        copyUpTo(start + shift - most);
        const from = Math.max(next, start + shift - most);
        const to = Math.min(text.length, start + shift + replacement.length + letters);
        look(units, Math.max(0, from - letters), to, near);
        for (let place = 0; place < near.formats.length; place += 1) {
          const found = near.formats.items[place] ?? 0;
          if (found >= from) addPlace(formats, found);
        }
        next = Math.max(next, to);
        shift += replacement.length - (end - start);
      }
      copyUpTo(text.length);
      return { text, units, formats };
    },
  };
}

/** Where to begin for what is found from a place on: behind it stand letters enough, gaps left out of account. */
function behindLetters(units: Uint16Array, place: number): number {
  let at = place;
  for (let counted = 0; at > 0 && counted < letters; at -= 1)
    if (!isGap(units[at - 1] ?? 0)) counted += 1;
  return at;
}

/** Moves places to the front, leaves out those before the first and from `end` on, and puts others from there on behind them. */
function takeOver(places: Places, by: number, first: number, end: number, others: Places): void {
  let left = 0;
  for (let index = 0; index < places.length; index += 1) {
    const at = (places.items[index] ?? 0) - by;
    if (at < first || at >= end) continue;
    places.items[left] = at;
    left += 1;
  }
  places.length = left;
  for (let index = 0; index < others.length; index += 1) {
    const at = others.items[index] ?? 0;
    if (at >= end) addPlace(places, at);
  }
}

/** The same in the array of a text, where no part has to move to the back: sooner done than all of it written anew. */
function replaceUnits({ units, text }: Looked, parts: readonly Replaced[]): boolean {
  let written = parts[0]?.start ?? text.length;
  for (const [which, { end, replacement }] of parts.entries()) {
    if (written + replacement.length > end) return false;
    for (let at = 0; at < replacement.length; at += 1)
      units[written + at] = replacement.charCodeAt(at);
    written += replacement.length;
    const next = parts[which + 1]?.start ?? text.length;
    units.copyWithin(written, end, next);
    written += next - end;
  }
  units[written] = 0;
  return true;
}

export function withReplaced(text: string, parts: readonly Replaced[]): string {
  let result = '';
  let copied = 0;
  for (const { start, end, replacement } of parts) {
    result += text.slice(copied, start) + replacement;
    copied = end;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

type Found = Pick<Candidates, 'known' | 'escapes' | 'formats'>;

function noteAll(
  further: Further,
  units: Uint16Array,
  from: number,
  hits: Int32Array,
  count: number,
  { known, escapes, formats }: Found,
): void {
  for (let at = 0; at < count; at += 1) {
    const hit = hits[at] ?? 0;
    const index = placeOf(hit, from);
    if ((hit & formatBit) !== 0 && formatMayBegin(further, units, index - letters + 1))
      addPlace(formats, index);
    if ((hit & knownBit) !== 0 && !isGap(units[index] ?? 0)) addPlace(known, index);
    if ((hit & pairBits) !== 0) addPlace(escapes, index - 1);
    if ((hit & wideBit) !== 0) addPlace(escapes, index);
  }
}

function formatMayBegin(
  { lengths, exactLengths, starts }: Further,
  units: Uint16Array,
  at: number,
): boolean {
  if (at < 0) return false;
  const slot = slotFrom(units, at);
  return (
    startsHere(lengths[slot] ?? 0, anyCase, starts, units, at) ||
    startsHere(exactLengths[slot] ?? 0, 0, starts, units, at)
  );
}

/** Whether some format begins with as many of the letters here as are looked at of it. */
function startsHere(
  lengths: number,
  fold: number,
  starts: Int32Array,
  units: Uint16Array,
  at: number,
): boolean {
  if (lengths === 0) return false;
  let hash = fold;
  let next = at;
  for (; next < at + letters - 1; next += 1) hash = mixed(hash, (units[next] ?? 0) | fold);
  for (let left = lengths; left !== 0; left >>>= 1) {
    hash = mixed(hash, (units[next] ?? 0) | fold);
    next += 1;
    const place = spread(hash);
    if ((left & ((starts[place >>> 5] ?? 0) >>> place) & 1) === 1) return true;
  }
  return false;
}
