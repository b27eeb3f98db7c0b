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

/** What may follow the first character of an escape; asked before the expression, because quotes are everywhere. */
const pairs = Object.entries({
  '%': '0123456789abcdefABCDEF',
  '&': '#',
  '\\': 'uUx01234567\r\n',
  '=': '23456789ABCDEF\r\n',
  '\u001b': '[',
  '"': ' +.\\\r\n',
  "'": ' +.\\\r\n',
  '`': ' +.\\\r\n',
});
const isFirst = new Uint8Array(128);
const isPair = new Uint8Array(128 * 128);
for (const [first, seconds] of pairs) {
  isFirst[first.charCodeAt(0)] = 1;
  for (const second of seconds) isPair[first.charCodeAt(0) * 128 + second.charCodeAt(0)] = 1;
}

function nextEscape(text: string, from: number): number {
  for (let index = from; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 128) {
      if (isFirst[unit] === 0 || isPair[unit * 128 + text.charCodeAt(index + 1)] !== 1) continue;
    } else if (unit < 0xff01 || unit > 0xff5e) continue;
    escape.lastIndex = index;
    if (escape.test(text)) return index;
  }
  return -1;
}

/** The neighbourhood of each escape in the text, decoded. Linear in the length of the text. */
export function* decodedViews(text: string): Generator<DecodedView> {
  let at = nextEscape(text, 0);
  while (at !== -1) {
    const from = Math.max(0, at - reach);
    let to = at + reach;
    at = nextEscape(text, at + 1);
    while (at !== -1 && at - reach <= to) {
      to = at + reach;
      at = nextEscape(text, at + 1);
    }
    yield viewOf(text, from, Math.min(to, text.length));
  }
}

/** A whole text as such a reader takes it. */
export function decodedText(text: string): string {
  return viewOf(text, 0, text.length).text;
}

function viewOf(text: string, from: number, to: number): DecodedView {
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

/** One round of decoding; null when there was nothing to decode. What is decoded is never longer than it was. */
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
  if (wide !== undefined) return String.fromCharCode(wide.charCodeAt(0) - 0xfee0);
  const digits = url ?? hex ?? unit ?? point ?? long ?? byte ?? printable;
  return digits === undefined ? '' : ofCode(Number.parseInt(digits, 16));
}

function ofCode(point: number): string {
  return point <= 0x10_ff_ff ? String.fromCodePoint(point) : '';
}
