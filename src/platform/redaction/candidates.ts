import { escapePairs, isEscapePair, isWide } from './decoded-view.ts';
import { isGap } from './gaps.ts';
import { addPlace, noPlaces, type Places } from './places.ts';
import { letters, rolled, slotOf, slots } from './rolling-letters.ts';
import { createUnits } from './units.ts';

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
  readonly bits: Uint8Array;
  /** How a format may go on, asked where its first three letters stand: most words go on otherwise. */
  readonly further: Further;
  addKnown(start: string): void;
  addFormat(start: string): void;
  /** Sums up what was added, once for all that begins alike; before the next look. */
  settle(): void;
}

/** The letters behind the first three, as far as all formats that begin with those have some. */
interface Further {
  /** How many of them there are, by the slot of the three. */
  readonly counts: Uint8Array;
  readonly marks: Uint8Array;
}

const knownBit = 1;
const formatBit = 2;
const escapeBit = 4;
/** Of so many letters at most is looked whether a format may begin. */
const most = 7;
const furtherSlots = 65_536;

export function createMarks(): Marks {
  const bits = new Uint8Array(slots);
  const mark = (slot: number, bit: number): void => {
    bits[slot] = (bits[slot] ?? 0) | bit;
  };
  // Whatever stands before the two.
  for (const pair of escapePairs)
    for (let before = 0; before < slots; before += 1024)
      mark(slotOf(`\0${pair}`) ^ before, escapeBit);
  const further = { counts: new Uint8Array(slots), marks: new Uint8Array(furtherSlots) };
  const starts = new Map<number, Set<string>>();
  const unsettled = new Set<number>();
  return {
    bits,
    further,
    addKnown: (start) => mark(slotOf(start), knownBit),
    addFormat: (start) => {
      const slot = slotOf(start);
      mark(slot, formatBit);
      const all = starts.get(slot) ?? new Set();
      starts.set(slot, all.add(start));
      unsettled.add(slot);
    },
    settle: () => {
      for (const slot of unsettled) {
        const all = [...(starts.get(slot) ?? [])];
        const least = Math.min(most, ...all.map(({ length }) => length)) - letters;
        further.counts[slot] = least;
        for (const one of all) further.marks[furtherSlotOf(slot, one, least)] = 1;
      }
      unsettled.clear();
    },
  };
}

/** Of this many letters behind a place, case and all but five bits of each left out of account. */
function furtherSlot(slot: number, units: Uint16Array, from: number, count: number): number {
  let hash = slot;
  for (let at = from; at < from + count; at += 1) hash = (hash * 33) ^ ((units[at] ?? 0) & 31);
  return hash & (furtherSlots - 1);
}

/** The same of a start. */
function furtherSlotOf(slot: number, start: string, count: number): number {
  let hash = slot;
  for (let at = letters; at < letters + count; at += 1)
    hash = (hash * 33) ^ (start.charCodeAt(at) & 31);
  return hash & (furtherSlots - 1);
}

/** Looks at each character once, for all that is marked: this is what the speed of the redaction rests on. */
export function createLook(marks: Marks): (text: string) => Candidates {
  const { bits, further } = marks;
  const unitsOf = createUnits();
  const places = { known: noPlaces(), escapes: noPlaces(), formats: noPlaces() };
  const { known, escapes, formats } = places;
  return (text) => {
    const { length } = text;
    const units = unitsOf(text);
    marks.settle();
    known.length = 0;
    escapes.length = 0;
    formats.length = 0;
    let slot = 0;
    let index = 0;
    while (index < length) {
      // Near gaps two hashes are kept, one of them without the gaps, and further away one is enough.
      let dense = slot;
      for (let row = 0; index < length && row < letters; index += 1) {
        const unit = units[index] ?? 0;
        slot = rolled(slot, unit);
        const bit = bits[slot] ?? 0;
        if (bit !== 0) note(bit, units, index, slot, further, places);
        if (isPrintable(unit)) row += 1;
        else {
          row = 0;
          if (isWide(unit)) addPlace(escapes, index);
          if (isGap(unit)) continue;
        }
        dense = rolled(dense, unit);
        if (((bits[dense] ?? 0) & knownBit) !== 0) addPlace(known, index);
      }
      for (; index < length; index += 1) {
        const unit = units[index] ?? 0;
        if (!isPrintable(unit)) break;
        slot = rolled(slot, unit);
        const bit = bits[slot] ?? 0;
        if (bit === 0) continue;
        note(bit, units, index, slot, further, places);
        if ((bit & knownBit) !== 0) addPlace(known, index);
      }
    }
    return { text, units, ...places };
  };
}

function note(
  bit: number,
  units: Uint16Array,
  index: number,
  slot: number,
  { counts, marks }: Further,
  { escapes, formats }: Pick<Candidates, 'escapes' | 'formats'>,
): void {
  if ((bit & formatBit) !== 0 && index >= letters - 1) {
    const further = furtherSlot(slot, units, index + 1, counts[slot] ?? 0);
    if (marks[further] === 1) addPlace(formats, index);
  }
  if ((bit & escapeBit) !== 0 && isEscapePair(units[index - 1] ?? 0, units[index] ?? 0))
    addPlace(escapes, index - 1);
}

/** A sign of ASCII that is no gap. */
function isPrintable(unit: number): boolean {
  return unit > 0x20 && unit < 0x7f;
}
