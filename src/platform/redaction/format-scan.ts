import type { Candidates, Marks } from './candidates.ts';
import type { ContextFormat } from './context-format.ts';
import { contextFormats } from './context-formats.ts';
import { looksRandom } from './not-a-secret.ts';
import type { PrefixedFormat } from './prefixed-format.ts';
import { prefixedFormats } from './prefixed-formats.ts';
import { letters, rolled, slotOf, slots } from './rolling-letters.ts';
import { secretNames } from './secret-names.ts';
import { type ShapeFormat, shapeFormats } from './shape-formats.ts';
import { unitsIn } from './units.ts';
import { isPartOfWord, shortestWord, type WordFormat, wordFormats } from './word-formats.ts';

/** A secret in a text: which part of it is replaced, and from where the scan goes on. */
interface Found {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly after: number;
  readonly isLeft: boolean;
}

interface Reader {
  /** The characters one of which stands behind the name of a secret; null when it does not look behind one. */
  readonly follows: Uint8Array | null;
  /** The characters one of which stands behind that one, blanks left out of account; null for any. */
  readonly later: Uint8Array | null;
  /** `behind`: where the name ends. */
  readonly read: (text: string, at: number, units: Uint16Array, behind: number) => Found | null;
}

/** Tells the texts apart, of which those before are not kept. */
interface Pass {
  number: number;
}

/** What is looked for where the same three letters stand. */
interface Place {
  readonly readers: readonly Reader[];
  /** Those that do not look behind a name. */
  readonly nameless: readonly Reader[];
  /**
   * Those that look behind a name at which these two characters of ASCII stand, blanks before the second left out of
   * account, and the nameless; filled as they are asked for.
   */
  readonly byNext: Map<number, readonly Reader[]>;
  /** How the names begin that the others look behind. */
  readonly names: readonly Uint16Array[];
}

/** Makes what looks at a place, and the beginnings of the names that it looks behind. */
type Plan = () => readonly [reader: Reader, names: readonly Uint16Array[]];

/** What was named once as a secret is one wherever else it stands in the same text; so many of them are looked for again. */
const mostAgain = 8;

/** From this length on it is worth knowing that a text is no secret. */
const long = 128;
/** What tells the same name of several: `API_KEY_2`, `TOKEN_PROD`. */
const which =
  '(?:[ _-]?[0-9]{1,2}|[_-](?:v[0-9]|prod(?:uction)?|dev(?:elopment)?|stag(?:e|ing)|test|live|sandbox|local|old|new|next|current|previous|backup|primary|secondary|main|ro|rw|hex|b64|base64|string|text|plain))?';
/** None of what follows a name begins like a word. */
const name = new RegExp(`(?:${secretNames})${which}(?![A-Za-z0-9_])`, 'iy');

/** Replaces the secrets that some known letters announce: one pass over the text, however many formats there are. */
export function createFormatScan(
  marks: Marks,
  replacementOf: (kind: string, secret: string) => string,
): (seen: Candidates) => string {
  const left: LeftAlone = new Map();
  const pass = { number: 0 };
  // Few of the places are ever met: each is made when it is met for the first time.
  const plans = new Map<number, Plan[]>();
  const places: (Place | undefined)[] = Array.from({ length: slots });
  const placeAt = (slot: number): Place | undefined => {
    const known = places[slot];
    const plan = known === undefined ? plans.get(slot) : undefined;
    return plan === undefined ? known : (places[slot] = placeOf(plan));
  };
  const plan = (slot: number, make: Plan): void => {
    const all = plans.get(slot) ?? [];
    plans.set(slot, all);
    all.push(make);
  };
  const nameless = (start: string, read: () => Reader['read']): void => {
    marks.addFormat(start);
    plan(slotOf(start), () => [{ follows: null, later: null, read: read() }, []]);
  };
  nameless('[REDACTED:', () => readReplacement);
  for (const format of prefixedFormats)
    for (const prefix of format.prefixes)
      nameless(prefix, () => prefixedReader(pass, format, prefix));
  const groups = new Map<readonly string[], readonly Group[]>();
  for (const format of contextFormats) {
    const { starts, follows, later } = format;
    const all = groups.get(starts) ?? groupsOf(starts);
    if (!groups.has(starts)) for (const start of starts) marks.addFormat(start);
    groups.set(starts, all);
    for (const { slot, begins } of all)
      plan(slot, () => {
        // Behind a name it was asked already how that begins.
        const isNamed = follows !== undefined;
        const read = contextReader(pass, format, isNamed ? null : begins(), left);
        const reader = { follows: setOrNull(follows), later: setOrNull(later), read };
        return [reader, isNamed ? begins() : []];
      });
  }
  for (const format of shapeFormats)
    for (const start of format.holds) nameless(start, () => shapeReader(format));
  return (seen) => {
    pass.number += 1;
    const words = wordFormatsIn(seen);
    const again = new Map<string, string>();
    const remembered = (kind: string, secret: string): string => {
      const instead = replacementOf(kind, secret);
      if (again.size < mostAgain && secret.length >= 16 && looksRandom(secret))
        again.set(secret, instead);
      return instead;
    };
    let clean = replaced(seen, placeAt, remembered);
    for (const [secret, instead] of again) clean = clean.replaceAll(secret, () => instead);
    left.clear();
    for (const { kind, pattern, leave } of words)
      clean = clean.replace(pattern, (secret) =>
        leave?.(secret) === true ? secret : replacementOf(kind, secret),
      );
    return clean;
  };
}

/** Beginnings whose first three letters are alike. */
interface Group {
  readonly slot: number;
  readonly begins: () => readonly Uint16Array[];
}

function groupsOf(starts: readonly string[]): readonly Group[] {
  return Array.from(Map.groupBy(starts, slotOf), ([slot, all]) => {
    let units: readonly Uint16Array[] | undefined;
    return { slot, begins: () => (units ??= all.map(unitsIn)) };
  });
}

function placeOf(plans: readonly Plan[]): Place {
  const made = plans.map((make) => make());
  const readers = made.map(([reader]) => reader);
  return {
    readers,
    nameless: readers.filter(({ follows }) => follows === null),
    byNext: new Map(),
    names: made.map(([, names]) => names).find((names) => names.length > 0) ?? [],
  };
}

function setOrNull(characters: string | undefined): Uint8Array | null {
  return characters === undefined ? null : setOf(characters);
}

/** What some long word of the text may be. Looks at few of the characters. */
function wordFormatsIn({ text: { length }, units }: Candidates): readonly WordFormat[] {
  let found: readonly WordFormat[] = [];
  let end = shortestWord - 1;
  while (end < length) {
    let at = end;
    while (at > end - shortestWord && isPartOfWord(units[at] ?? 0)) at -= 1;
    if (at > end - shortestWord) {
      end = at + shortestWord;
      continue;
    }
    while (at >= 0 && isPartOfWord(units[at] ?? 0)) at -= 1;
    while (isPartOfWord(units[end] ?? 0)) end += 1;
    for (const format of wordFormats)
      if (format.mayBe(units, at + 1, end) && !found.includes(format)) found = [...found, format];
    end += shortestWord;
  }
  return found;
}

/** Many formats ask for the same characters. */
const sets = new Map<string, Uint8Array>();

function setOf(characters: string): Uint8Array {
  const known = sets.get(characters);
  if (known !== undefined) return known;
  const set = new Uint8Array(128);
  for (let at = 0; at < characters.length; at += 1) set[characters.charCodeAt(at)] = 1;
  sets.set(characters, set);
  return set;
}

function replaced(
  { text, units, formats }: Candidates,
  placeAt: (slot: number) => Place | undefined,
  replacementOf: (kind: string, secret: string) => string,
): string {
  let result = '';
  let copied = 0;
  let next = 0;
  for (let index = 0; index < formats.length; index += 1) {
    const at = (formats.items[index] ?? 0) - letters + 1;
    if (at < next) continue;
    const found = firstOf(placeAt(slotAt(units, at)), text, at, units);
    // One that begins in what was replaced is a part of it.
    if (found === null || found.start < copied) continue;
    if (!found.isLeft) {
      const secret = text.slice(found.start, found.end);
      result += text.slice(copied, found.start) + replacementOf(found.kind, secret);
      copied = found.end;
    }
    next = found.after;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function slotAt(units: Uint16Array, at: number): number {
  let slot = 0;
  for (let index = at; index < at + letters; index += 1) slot = rolled(slot, units[index] ?? 0);
  return slot;
}

function firstOf(
  place: Place | undefined,
  text: string,
  at: number,
  units: Uint16Array,
): Found | null {
  if (place === undefined) return null;
  const { names, nameless } = place;
  const behind = beginsLikeOne(units, at, names) ? behindName(text, at) : text.length;
  const next = units[behind] ?? nothing;
  const second = next === nothing ? nothing : behindBlanks(units, behind + 1);
  for (const { read } of next === nothing ? nameless : readersAt(place, next, second)) {
    const found = read(text, at, units, behind);
    if (found !== null) return found;
  }
  return null;
}

function readersAt({ readers, byNext }: Place, next: number, second: number): readonly Reader[] {
  // Beyond ASCII each character may follow, and the pattern says whether it does.
  const key = Math.min(next, 128) * 256 + Math.min(second, 128);
  const known = byNext.get(key);
  if (known !== undefined) return known;
  const all = readers.filter(
    ({ follows, later }) =>
      follows === null ||
      ((next >= 128 || follows[next] === 1) &&
        (later === null || second >= 128 || later[second] === 1)),
  );
  byNext.set(key, all);
  return all;
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
function behindName(text: string, at: number): number {
  name.lastIndex = at;
  return name.test(text) ? name.lastIndex : text.length;
}

function prefixedReader(pass: Pass, format: PrefixedFormat, prefix: string): Reader['read'] {
  const { kind, body, standsAlone = false, leave } = format;
  const start = unitsIn(prefix);
  const isNear = nearnessOf(pass, format);
  return (text, at, units) => {
    if (standsAlone && at > 0 && isPartOfWord(units[at - 1] ?? 0)) return null;
    if (!beginsWith(units, at, start)) return null;
    if (isNear !== null && !isNear(text, at, units)) return null;
    body.lastIndex = at + prefix.length;
    if (!body.test(text)) return null;
    const end = body.lastIndex;
    const secret = text.slice(at, end);
    const isLeft = isFilling(secret.slice(prefix.length)) || leave?.(secret) === true;
    return { kind, start: at, end, after: end, isLeft };
  };
}

/** The 0 behind the text is part of no start. */
function beginsWith(units: Uint16Array, at: number, start: Uint16Array): boolean {
  for (let index = 0; index < start.length; index += 1)
    if (units[at + index] !== start[index]) return false;
  return true;
}

/** The same for any of them, without regard to the case of letters, as the hash has none. */
function beginsLikeOne(units: Uint16Array, at: number, starts: readonly Uint16Array[]): boolean {
  for (const start of starts) {
    let index = 0;
    while (index < start.length && isLike(units[at + index] ?? 0, start[index] ?? 0)) index += 1;
    if (index === start.length) return true;
  }
  return false;
}

function isLike(one: number, other: number): boolean {
  return (one | 0x20) === (other | 0x20);
}

/** What is left because of its words may still hold a secret by its letters, so the scan goes on behind the words. */
function contextReader(
  pass: Pass,
  format: ContextFormat,
  starts: readonly Uint16Array[] | null,
  left: LeftAlone,
): Reader['read'] {
  const { kind, pattern, leave, isBehindName = false, isBarren, digitInWords = 0 } = format;
  const before = format.before === undefined ? null : setOf(format.before);
  const isNear = nearnessOf(pass, format);
  const isDigitNear = createNearness(pass, setOf('0123456789'), farDigit, null);
  let barren = { pass: 0, from: 0, to: 0 };
  return (text, at, units, behind) => {
    if (before !== null && before[at === 0 ? lineFeed : (units[at - 1] ?? 0)] !== 1) return null;
    if (starts !== null && !beginsLikeOne(units, at, starts)) return null;
    if (isNear !== null && !isNear(text, at, units)) return null;
    if (at > barren.from && at < barren.to && pass.number === barren.pass) return null;
    if (digitInWords > 0 && !mayHoldDigit(text, units, behind, digitInWords, isDigitNear))
      return null;
    const from = isBehindName ? behind : at;
    pattern.lastIndex = from;
    const match = pattern.exec(text);
    if (match === null) return null;
    const whole = match[0];
    const secret = match[1] ?? match[2] ?? whole;
    const start = from + whole.lastIndexOf(secret);
    const end = start + secret.length;
    if (secret.startsWith('[REDACTED:')) return null;
    const to = from + whole.length;
    if (leave !== undefined && isLeftAlone(leave, left, { secret, text, at, to, end })) {
      if (secret.length >= long && isBarren?.(secret) === true)
        barren = { pass: pass.number, from: at, to: end - long / 2 };
      return null;
    }
    const last = secret.length >= longest ? endOfRun(text, end) : end;
    return { kind, start, end: last, after: last, isLeft: false };
  };
}

/** From this length on a value may have been longer than the repetition that found it. */
const longest = 1024;

function endOfRun(text: string, from: number): number {
  const rest = /[A-Za-z0-9+/=_.~%-]*/y;
  rest.lastIndex = from;
  rest.test(text);
  return rest.lastIndex;
}

/** A text begins as a line does. */
const lineFeed = 0x0a;

/** So far is looked for a digit; where there is none yet, the pattern says what it has. */
const nearDigit = 64;

/** Further than this from a name no value reaches. */
const farDigit = 1200;

/** Whether a word behind this place may hold a digit, blanks between words, until the line or so many words end. */
function mayHoldDigit(
  text: string,
  units: Uint16Array,
  from: number,
  words: number,
  isDigitNear: Nearness,
): boolean {
  const end = Math.min(text.length, from + nearDigit);
  let begun = 0;
  let isInWord = false;
  for (let at = from; at < end; at += 1) {
    const unit = units[at] ?? 0;
    if (unit >= 0x30 && unit <= 0x39) return true;
    if (unit >= 0x0a && unit <= 0x0d) return false;
    if (unit !== 0x20 && unit !== 0x09) isInWord = true;
    else if (isInWord) {
      isInWord = false;
      begun += 1;
      if (begun > words) return false;
    }
  }
  return end < text.length && isDigitNear(text, end, units);
}

/** What was left alone last by each rule in this text: what is left alone often comes again at once. */
type LeftAlone = Map<
  Leave,
  { readonly secret: string; readonly match: string; readonly next: string }
>;
type Leave = NonNullable<ContextFormat['leave']>;

function isLeftAlone(
  leave: Leave,
  left: LeftAlone,
  given: { secret: string; text: string; at: number; to: number; end: number },
): boolean {
  const { secret, text, at, to } = given;
  const next = text.charAt(given.end);
  const last = left.get(leave);
  if (
    last?.secret === secret &&
    last.next === next &&
    last.match.length === to - at &&
    text.startsWith(last.match, at)
  )
    return true;
  const match = text.slice(at, to);
  if (!leave(secret, match, next)) return false;
  if (match.length < long) left.set(leave, { secret, match, next });
  return true;
}

type Nearness = (text: string, at: number, units: Uint16Array) => boolean;

function nearnessOf(
  pass: Pass,
  { holds, holdsOneOf = '', within = 0 }: Pick<ContextFormat, 'holds' | 'holdsOneOf' | 'within'>,
): Nearness | null {
  if (holds !== undefined) {
    const all = unitsIn(holds);
    return createNearness(pass, setOf(holds.charAt(0)), within, all);
  }
  return holdsOneOf === '' ? null : createNearness(pass, setOf(holdsOneOf), within, null);
}

/**
 * Whether one of the first characters, and what they begin, stands at most so many characters further on; each part of a
 * text is searched once for it, and only near what asks.
 */
function createNearness(
  pass: Pass,
  first: Uint8Array,
  within: number,
  all: Uint16Array | null,
): Nearness {
  const length = all === null ? 1 : all.length;
  let last = 0;
  // None begins from the first of these to before the second.
  let from = 0;
  let searched = 0;
  return (text, at, units) => {
    if (pass.number !== last || at < from || searched < at) searched = at;
    last = pass.number;
    from = at;
    const end = Math.min(at + within, text.length - length);
    let index = searched;
    for (; index <= end; index += 1)
      if (first[units[index] ?? 0] === 1 && (all === null || beginsWith(units, index, all))) break;
    searched = index;
    return index <= end;
  };
}

function shapeReader({ kind, pattern, endsThere = false, leave }: ShapeFormat): Reader['read'] {
  return (text, at) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return null;
    const [whole, before = ''] = match;
    const start = at - before.length;
    const end = endsThere ? at : at + whole.length;
    if (leave?.(text.slice(start, end)) === true) return null;
    return { kind, start, end, after: end, isLeft: false };
  };
}

/** What was replaced before is left as it is. */
function readReplacement(text: string, at: number): Found | null {
  const replacement = /\[REDACTED:[a-z0-9-]{1,40}:[0-9a-f]{6}\]/y;
  replacement.lastIndex = at;
  if (!replacement.test(text)) return null;
  const end = replacement.lastIndex;
  return { kind: '', start: at, end, after: end, isLeft: true };
}

/** `xxxxxxxx`, `********`, `00000000`: what documents write where a secret would stand. */
function isFilling(body: string): boolean {
  return /^(.)\1*$/.test(body);
}
