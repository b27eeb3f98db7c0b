import {
  beginsLikeOne,
  beginsWith,
  beyond,
  type Found,
  type Nearness,
  type Reader,
  setOf,
} from './reader.ts';
import { letters, rolled } from './rolling-letters.ts';
import { isNotBehindFactor, secretNames } from './secret-names.ts';

/** What is looked for where the same three letters stand. */
export interface Place {
  readonly readers: readonly Reader[];
  /** How the names begin behind which some of them look. */
  readonly names: readonly Uint16Array[];
  /** Those that may go on with these two letters; filled as they are asked for. */
  readonly byLetters: Map<number, Group>;
  /** What was asked for last, as the next often is the same. */
  lastKey: number;
  lastGroup: Group | null;
}

interface Group {
  readonly readers: readonly Reader[];
  /** Those that do not look behind a name. */
  readonly nameless: readonly Reader[];
  readonly names: readonly Uint16Array[];
  /**
   * By the two characters behind a name, blanks before the second left out of account, and the one before what
   * begins here: those that are to be asked. All beyond ASCII count as one, which the patterns tell apart.
   */
  readonly byAround: Map<number, readonly Reader[]>;
  lastKey: number;
  lastReaders: readonly Reader[];
  /** The last name that ended before a sign: wherever it stands so, it is one. */
  lastName: Uint16Array;
}

/** So many answers are kept, or a text with all that can stand round a name would fill the memory. */
const mostAround = 4096;

/** So many are asked one after the other rather than sorted out before. */
const few = 3;

/** What tells the same name of several: `API_KEY_2`, `TOKEN_PROD`. */
const which =
  '(?:[ _-]?[0-9]{1,2}|[_-](?:v[0-9]|prod(?:uction)?|dev(?:elopment)?|stag(?:e|ing)|test|live|sandbox|local|old|new|next|current|previous|backup|primary|secondary|main|ro|rw|hex|b64|base64|string|text|plain|value))?';
/** None of what follows a name begins like a word. */
const name = new RegExp(`(?:${secretNames})${which}(?![A-Za-z0-9_])`, 'iy');

export function placeOf(readers: readonly Reader[]): Place {
  const names = readers.find(({ follows }) => follows !== null)?.starts ?? [];
  return { readers, names, byLetters: new Map(), lastKey: -1, lastGroup: null };
}

export function slotAt(units: Uint16Array, at: number): number {
  let slot = 0;
  for (let index = at; index < at + letters; index += 1) slot = rolled(slot, units[index] ?? 0);
  return slot;
}

export function firstOf(
  place: Place | undefined,
  text: string,
  at: number,
  units: Uint16Array,
): Found | null {
  if (place === undefined) return null;
  const before = at === 0 ? lineFeed : Math.min(units[at - 1] ?? 0, beyond);
  if (place.readers.length <= few && place.names.length === 0)
    return firstBy(place.readers, before, text, at, units);
  const group = groupAt(place, units[at + letters] ?? 0, units[at + letters + 1] ?? 0);
  if (group.names.length === 0 || !beginsLikeOne(units, at, group.names))
    return group.nameless.length === 0 ? null : firstBy(group.nameless, before, text, at, units);
  const behind = behindName(group, text, at, units);
  const next = units[behind] ?? nothing;
  const second = next === nothing ? nothing : behindBlanks(units, behind + 1);
  const readers = readersAt(group, before, next, second);
  return readers.length === 0 ? null : firstBy(readers, before, text, at, units, behind);
}

function firstBy(
  readers: readonly Reader[],
  before: number,
  text: string,
  at: number,
  units: Uint16Array,
  behind = text.length,
): Found | null {
  // Those that need the same often follow each other.
  let missing: Nearness | null = null;
  for (const { before: isBefore, near, read } of readers) {
    if (isBefore !== null && isBefore[before] !== 1) continue;
    if (near !== null) {
      if (near === missing) continue;
      if (!near(text, at, units)) {
        missing = near;
        continue;
      }
    }
    const found = read(text, at, units, behind);
    if (found !== null) return found;
  }
  return null;
}

function groupAt(place: Place, fourth: number, fifth: number): Group {
  const one = Math.min(fourth | 0x20, beyond);
  const other = Math.min(fifth | 0x20, beyond);
  const key = one * 256 + other;
  if (place.lastGroup !== null && place.lastKey === key) return place.lastGroup;
  const group = place.byLetters.get(key) ?? groupOf(place, one, other);
  place.byLetters.set(key, group);
  place.lastKey = key;
  place.lastGroup = group;
  return group;
}

function groupOf({ readers, names }: Place, fourth: number, fifth: number): Group {
  const mayGoOn = (start: Uint16Array): boolean =>
    [fourth, fifth].every((letter, index) => {
      const own = start[letters + index];
      return own === undefined || Math.min(own | 0x20, beyond) === letter;
    });
  const all = readers.filter(({ starts }) => starts.some(mayGoOn));
  return {
    readers: all,
    nameless: all.filter(({ follows }) => follows === null),
    names: names.filter(mayGoOn),
    byAround: new Map(),
    lastKey: -1,
    lastReaders: [],
    lastName: new Uint16Array(0),
  };
}

function readersAt(group: Group, before: number, next: number, second: number): readonly Reader[] {
  const key = (Math.min(next, beyond) * 256 + Math.min(second, beyond)) * 256 + before;
  if (group.lastKey === key) return group.lastReaders;
  let readers = group.byAround.get(key);
  if (readers === undefined) {
    readers = group.readers.filter((reader) => mayRead(reader, before, next, second));
    if (group.byAround.size >= mostAround) group.byAround.clear();
    group.byAround.set(key, readers);
  }
  group.lastKey = key;
  group.lastReaders = readers;
  return readers;
}

function mayRead(
  { before: isBefore, follows, later, never }: Reader,
  before: number,
  next: number,
  second: number,
): boolean {
  if (isBefore !== null && isBefore[before] !== 1) return false;
  if (follows === null) return true;
  if (next < beyond && follows[next] !== 1) return false;
  if (later !== null && second < beyond && later[second] !== 1) return false;
  const isSign = next === 0x3d || next === 0x3a;
  return never === null || !isSign || never[second] !== 1;
}

/** What stands behind a name that is none, or behind one at the end of the text. */
const nothing = 0;

/** The first character from here on that is no blank. */
function behindBlanks(units: Uint16Array, from: number): number {
  let at = from;
  while (units[at] === 0x20 || units[at] === 0x09) at += 1;
  return units[at] ?? nothing;
}

/** Where the name that begins here ends; the end of the text when there is none. */
function behindName(group: Group, text: string, at: number, units: Uint16Array): number {
  if (isNameOfFactor(units, at))
    return isNotBehindFactor(units, at) ? text.length : nameEnd(text, at);
  const { lastName } = group;
  const same = at + lastName.length;
  if (
    same > at &&
    isSign[Math.min(units[same] ?? 0, beyond)] === 1 &&
    beginsWith(units, at, lastName)
  )
    return same;
  const end = nameEnd(text, at);
  if (isSign[Math.min(units[end] ?? 0, beyond)] === 1) group.lastName = units.slice(at, end);
  return end;
}

function nameEnd(text: string, at: number): number {
  name.lastIndex = at;
  return name.test(text) ? name.lastIndex : text.length;
}

/** What no name goes on with, so that what stands behind it tells nothing of where it ends. */
const isSign = setOf(`:="'\`,;()[]{}<>|\\\t\r\n`);

/** `key` and `seed` are names only of what a second factor is made from; no other name begins and goes on like them. */
function isNameOfFactor(units: Uint16Array, at: number): boolean {
  const first = (units[at] ?? 0) | 0x20;
  const third = (units[at + 2] ?? 0) | 0x20;
  return first === 0x6b ? third === 0x79 : first === 0x73 && third === 0x65;
}

/** A text begins as a line does. */
const lineFeed = 0x0a;
