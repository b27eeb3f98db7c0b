import type { Places } from './places.ts';
import { beyond } from './reader.ts';
import { createUnits, unitsIn } from './units.ts';

/** A part of a text as a reader takes it who undoes escapes, and where each of its characters came from. */
export interface DecodedView {
  readonly text: string;
  /** For each character of the view: where it begins and ends in the original text. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Nothing is worth looking for further away from an escape. */
const reach = 256;
/** Escaped escapes, such as `%2525` or JSON in JSON. */
const rounds = 3;

/** Where it pays to look: an escape, a soft line end, two pieces of a text that a program joins. */
const terminal = String.fromCharCode(0x1b);
const escape = new RegExp(
  [
    '%[0-9A-Fa-f]{2}',
    '&#[0-9xX]',
    String.raw`\\(?:u[0-9A-Fa-f{]|U0|x[0-9A-Fa-f]|[0-7]{3}|\r?\n)`,
    String.raw`=(?:3D|2[0-9A-F]|[89A-F][0-9A-F]|\r?\n)`,
    String.raw`${terminal}\[`,
    String.raw`["'\`] ?[+.]\s`,
    String.raw`["'\`] ?\\?\r?\n\s{0,40}["'\`]`,
    String.raw`[\uff01-\uff5e]`,
  ].join('|'),
  'y',
);

/** What an escape may begin with, but for letters in full width; asked before the expression, because quotes are everywhere. */
export const escapePairs = Object.entries({
  '%': '0123456789abcdefABCDEF',
  '&': '#',
  '\\': 'uUx01234567\r\n',
  '=': '23456789ABCDEF\r\n',
  '\u001b': '[',
  '"': ' +.\\\r\n',
  "'": ' +.\\\r\n',
  '`': ' +.\\\r\n',
}).flatMap(([first, seconds]) => [...seconds].map((second) => first + second));

/** How far letters in full width are from those of ASCII. */
const fullWidth = 0xfee0;

/** Letters in full width stand for those of ASCII and are an escape each. */
export function isWide(unit: number): boolean {
  return unit >= 0xff01 && unit <= 0xff5e;
}

/** A part of a text that holds an escape. */
export interface EscapedPart {
  readonly from: number;
  readonly to: number;
}

/** The neighbourhood of each escape in the text, which may begin at these places. Linear in the length of the text. */
export function* escapedParts(text: string, places: Places): Generator<EscapedPart> {
  let from = 0;
  let to = -1;
  for (let index = 0; index < places.length; index += 1) {
    const at = places.items[index] ?? 0;
    escape.lastIndex = at;
    if (!escape.test(text)) continue;
    if (to !== -1 && at - reach > to) {
      yield { from, to };
      to = -1;
    }
    if (to === -1) from = Math.max(0, at - reach);
    to = Math.min(at + reach, text.length);
  }
  if (to !== -1) yield { from, to };
}

/** A whole text as a reader takes it who undoes escapes: what a view holds, without where it came from. */
export function decodedText(text: string): string {
  let before = text;
  for (let round = 0; round < rounds; round += 1) {
    const after = decodedOnce(before);
    if (after === null) break;
    before = after;
  }
  return before;
}

/** One round of decoding; null when there was nothing to decode. */
function decodedOnce(text: string): string | null {
  const units = unitsOf(text);
  let at = 0;
  let match = codeAt(text, units, at);
  if (match === null) return null;
  const view = new Uint16Array(text.length);
  let length = 0;
  for (; match !== null; match = codeAt(text, units, at)) {
    for (; at < match.index; at += 1) view[length++] = units[at] ?? 0;
    const letters = meaningOf(match);
    for (let next = 0; next < letters.length; next += 1) view[length++] = letters.charCodeAt(next);
    at = code.lastIndex;
    // A long row of such escapes is read in a tenth of the time that the expression takes for each.
    for (let unit = shortEscape(units, at); unit >= 0; unit = shortEscape(units, at)) {
      view[length++] = unit;
      at += escapeLength(units[at] ?? 0);
    }
  }
  for (; at < text.length; at += 1) view[length++] = units[at] ?? 0;
  return Buffer.from(view.buffer, 0, length * 2).toString('utf16le');
}

const unitsOf = createUnits();

/** The next one from here on: the expression is asked only where it may match, which few characters allow. */
function codeAt(text: string, units: Uint16Array, from: number): RegExpExecArray | null {
  for (let at = from; at < text.length; at += 1) {
    if (!mayBeCode(units[at] ?? 0, units[at + 1] ?? 0)) continue;
    code.lastIndex = at;
    const match = code.exec(text);
    if (match !== null) return match;
  }
  return null;
}

/** What `%41`, `=41`, `\u0041` or a letter in full width stands for; -1 when none of them is at this place. */
function shortEscape(units: Uint16Array, at: number): number {
  const first = units[at] ?? 0;
  if (isWide(first)) return first - fullWidth;
  const one = units[at + 1] ?? 0;
  const two = units[at + 2] ?? 0;
  if (first === backslash) {
    if (one !== smallU) return -1;
    const high = byteAt(two, units[at + 3] ?? 0);
    const low = byteAt(units[at + 4] ?? 0, units[at + 5] ?? 0);
    return high < 0 || low < 0 ? -1 : high * 256 + low;
  }
  if (first !== percent && first !== equals) return -1;
  return first === equals && (one > capitalF || two > capitalF) ? -1 : byteAt(one, two);
}

function escapeLength(first: number): number {
  if (first === backslash) return 6;
  return first === percent || first === equals ? 3 : 1;
}

const percent = 0x25;
const equals = 0x3d;
const backslash = 0x5c;
const smallU = 0x75;
const capitalF = 0x46;

/** Negative when one of the two is no digit. */
function byteAt(high: number, low: number): number {
  const value = hexValue(high) * 16 + hexValue(low);
  return hexValue(low) < 0 ? -1 : value;
}

/** Negative for what is no digit. */
function hexValue(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const small = unit | 0x20;
  return small >= 0x61 && small <= 0x66 ? small - 0x57 : -16;
}

export function viewOf(text: string, { from, to }: EscapedPart): DecodedView {
  const count = to - from;
  const starts = new Int32Array(count);
  const ends = new Int32Array(count);
  for (let at = 0; at < count; at += 1) {
    starts[at] = from + at;
    ends[at] = from + at + 1;
  }
  let view: DecodedView = { text: text.slice(from, to), starts, ends };
  for (let round = 0; round < rounds; round += 1) {
    const next = decoded(view);
    if (next === null) break;
    view = next;
  }
  return view;
}

/** Whether a code may begin with these two. */
function mayBeCode(first: number, second: number): boolean {
  const kind = codeFirsts[first] ?? 0;
  return (
    kind !== 0 && (kind === 1 || second >= beyond || ((codeSeconds[second] ?? 0) & kind) !== 0)
  );
}

/** For what a code begins with: 1 where anything may go on with it, or the bit of what does. */
const codeFirsts = new Uint8Array(65_536);
const codeSeconds = new Uint8Array(beyond);
const setSeconds = (bit: number, firsts: string, seconds: string): void => {
  for (const unit of unitsIn(firsts)) codeFirsts[unit] = bit;
  for (const unit of unitsIn(seconds)) codeSeconds[unit] = (codeSeconds[unit] ?? 0) | bit;
};
setSeconds(1, '\\', '');
setSeconds(2, '%', '0123456789abcdefABCDEF');
setSeconds(4, '&', '#');
setSeconds(8, '=', '0123456789ABCDEF\r\n');
setSeconds(16, terminal, '[');
setSeconds(32, `"'\``, ` \\+.\t\n\v\f\r"'\``);
codeFirsts.fill(1, 0xff01, 0xff5f);

/** Letters that stand for one, by a group each, or for none: what is left out joins what is round it. Each begins as `mayBeCode` says. */
const code = new RegExp(
  [
    '%([0-9A-Fa-f]{2})',
    '&#([0-9]{1,7});',
    '&#[xX]([0-9A-Fa-f]{1,6});',
    String.raw`\\u([0-9A-Fa-f]{4})`,
    String.raw`\\u\{([0-9A-Fa-f]{1,6})\}`,
    String.raw`\\U([0-9A-Fa-f]{8})`,
    String.raw`\\x([0-9A-Fa-f]{2})`,
    String.raw`\\([0-7]{3})`,
    '=([0-9A-F]{2})',
    String.raw`([\uff01-\uff5e])`,
    String.raw`=\r?\n`,
    String.raw`\\\r?\n\s{0,40}`,
    String.raw`\\[nrt]`,
    String.raw`${terminal}\[[0-9;]{0,20}[A-Za-z]`,
    String.raw`["'\`] ?\\?[+.]?\s{0,40}["'\`]`,
    String.raw`\\(?=[^A-Za-z0-9\s])`,
  ].join('|'),
  'y',
);

/** The same with where it came from. What is decoded is never longer than it was. */
function decoded({ text, starts, ends }: DecodedView): DecodedView | null {
  const given = unitsOf(text);
  let copied = 0;
  let match = codeAt(text, given, copied);
  if (match === null) return null;
  const units = new Uint16Array(text.length);
  const from = new Int32Array(text.length);
  const to = new Int32Array(text.length);
  let length = 0;
  const add = (unit: number, first: number, last: number): void => {
    units[length] = unit;
    from[length] = starts[first] ?? 0;
    to[length] = ends[last] ?? 0;
    length += 1;
  };
  for (; match !== null; match = codeAt(text, given, copied)) {
    for (; copied < match.index; copied += 1) add(given[copied] ?? 0, copied, copied);
    copied = code.lastIndex;
    const letters = meaningOf(match);
    for (let at = 0; at < letters.length; at += 1)
      add(letters.charCodeAt(at), match.index, copied - 1);
  }
  for (; copied < text.length; copied += 1) add(given[copied] ?? 0, copied, copied);
  return {
    text: Buffer.from(units.buffer, 0, length * 2).toString('utf16le'),
    starts: from.subarray(0, length),
    ends: to.subarray(0, length),
  };
}

/** Bytes above 7F come out as Latin letters of their own; a known value is looked for in these as well. */
function meaningOf(match: RegExpExecArray): string {
  const [, url, decimal, hex, unit, point, long, byte, octal, printable, wide] = match;
  if (decimal !== undefined) return ofCode(Number(decimal));
  if (octal !== undefined) return ofCode(Number.parseInt(octal, 8));
  if (wide !== undefined) return String.fromCharCode(wide.charCodeAt(0) - fullWidth);
  const digits = url ?? hex ?? unit ?? point ?? long ?? byte ?? printable;
  return digits === undefined ? '' : ofCode(Number.parseInt(digits, 16));
}

function ofCode(point: number): string {
  return point <= 0x10_ff_ff ? String.fromCodePoint(point) : '';
}
