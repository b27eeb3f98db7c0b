import type { Places } from './places.ts';

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
const isPair = new Uint8Array(128 * 128);
for (const pair of escapePairs) isPair[pair.charCodeAt(0) * 128 + pair.charCodeAt(1)] = 1;

export function isEscapePair(first: number, second: number): boolean {
  return first < 128 && second < 128 && isPair[first * 128 + second] === 1;
}

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
  code.lastIndex = 0;
  let match = code.exec(text);
  if (match === null) return null;
  const units = new Uint16Array(text.length);
  let length = 0;
  let copied = 0;
  for (; match !== null; match = code.exec(text)) {
    for (; copied < match.index; copied += 1) units[length++] = text.charCodeAt(copied);
    const letters = meaningOf(match);
    for (let at = 0; at < letters.length; at += 1) units[length++] = letters.charCodeAt(at);
    copied = code.lastIndex;
    // A long row of such escapes is read in a tenth of the time that the expression takes for each.
    for (let unit = shortEscape(text, copied); unit >= 0; unit = shortEscape(text, copied)) {
      units[length++] = unit;
      copied += isWide(text.charCodeAt(copied)) ? 1 : 3;
    }
    code.lastIndex = copied;
  }
  for (; copied < text.length; copied += 1) units[length++] = text.charCodeAt(copied);
  return Buffer.from(units.buffer, 0, length * 2).toString('utf16le');
}

/** What `%41`, `=41` or a letter in full width stands for; -1 when none of them is at this place. */
function shortEscape(text: string, at: number): number {
  if (at >= text.length) return -1;
  const first = text.charCodeAt(at);
  if (isWide(first)) return first - fullWidth;
  if ((first !== 0x25 && first !== 0x3d) || at + 2 >= text.length) return -1;
  const [high, low] = [text.charCodeAt(at + 1), text.charCodeAt(at + 2)];
  if (first === 0x3d && (high > 0x46 || low > 0x46)) return -1;
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

/** Letters that stand for one, by a group each, or for none: what is left out joins what is round it. */
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
  'g',
);

/** The same with where it came from. What is decoded is never longer than it was. */
function decoded({ text, starts, ends }: DecodedView): DecodedView | null {
  code.lastIndex = 0;
  const units = new Uint16Array(text.length);
  const from = new Int32Array(text.length);
  const to = new Int32Array(text.length);
  let length = 0;
  let copied = 0;
  const add = (unit: number, first: number, last: number): void => {
    units[length] = unit;
    from[length] = starts[first] ?? 0;
    to[length] = ends[last] ?? 0;
    length += 1;
  };
  for (let match = code.exec(text); match !== null; match = code.exec(text)) {
    for (; copied < match.index; copied += 1) add(text.charCodeAt(copied), copied, copied);
    copied = code.lastIndex;
    const letters = meaningOf(match);
    for (let at = 0; at < letters.length; at += 1)
      add(letters.charCodeAt(at), match.index, copied - 1);
  }
  if (copied === 0) return null;
  for (; copied < text.length; copied += 1) add(text.charCodeAt(copied), copied, copied);
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
