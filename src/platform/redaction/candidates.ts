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
  /** Whether a format may go on with a letter, asked where its first three stand: most words go on otherwise. */
  readonly fourths: Uint8Array;
  addKnown(start: string): void;
  addFormat(start: string): void;
}

const knownBit = 1;
const formatBit = 2;
const escapeBit = 4;

export function createMarks(): Marks {
  const bits = new Uint8Array(slots);
  const mark = (slot: number, bit: number): void => {
    bits[slot] = (bits[slot] ?? 0) | bit;
  };
  // Whatever stands before the two.
  for (const pair of escapePairs)
    for (let before = 0; before < slots; before += 1024)
      mark(slotOf(`\0${pair}`) ^ before, escapeBit);
  const fourths = new Uint8Array(slots);
  return {
    bits,
    fourths,
    addKnown: (start) => mark(slotOf(start), knownBit),
    addFormat: (start) => {
      const slot = slotOf(start);
      mark(slot, formatBit);
      if (start.length > letters) fourths[slotOfFourth(slot, start.charCodeAt(letters))] = 1;
      else for (let next = 0; next < 32; next += 1) fourths[slotOfFourth(slot, next)] = 1;
    },
  };
}

/** Of the letter behind three that have this slot, case and all but five bits left out of account. */
function slotOfFourth(slot: number, next: number): number {
  return ((slot * 197) ^ (next & 31)) & (slots - 1);
}

/** Looks at each character once, for all that is marked: this is what the speed of the redaction rests on. */
export function createLook({ bits, fourths }: Marks): (text: string) => Candidates {
  const unitsOf = createUnits();
  const places = { known: noPlaces(), escapes: noPlaces(), formats: noPlaces() };
  const { known, escapes, formats } = places;
  return (text) => {
    const { length } = text;
    const units = unitsOf(text);
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
        if (bit !== 0)
          note(bit, units, index, fourths[slotOfFourth(slot, units[index + 1] ?? 0)] === 1, places);
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
        note(bit, units, index, fourths[slotOfFourth(slot, units[index + 1] ?? 0)] === 1, places);
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
  goesOn: boolean,
  { escapes, formats }: Pick<Candidates, 'escapes' | 'formats'>,
): void {
  if ((bit & formatBit) !== 0 && goesOn && index >= letters - 1) addPlace(formats, index);
  if ((bit & escapeBit) !== 0 && isEscapePair(units[index - 1] ?? 0, units[index] ?? 0))
    addPlace(escapes, index - 1);
}

/** A sign of ASCII that is no gap. */
function isPrintable(unit: number): boolean {
  return unit > 0x20 && unit < 0x7f;
}
