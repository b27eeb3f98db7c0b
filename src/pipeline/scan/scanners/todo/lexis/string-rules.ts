import { isWord } from './places.ts';
import { NO_MATCH, type Rule, type Scan, scanNested } from './scan.ts';

export interface StringOptions {
  /** The character that takes the next one literally. */
  readonly escape?: '\\' | '`' | '^' | '$';
  /** The closer written twice is a character of the string. */
  readonly doubled?: boolean;
  /** Of more quotation marks than the closer has, the last ones close (`"""a""""`). */
  readonly lastCloses?: boolean;
  /** May span lines; otherwise an unclosed string ends with its line. */
  readonly multiline?: boolean;
  /** Opens code inside the string, which goes on to the matching bracket. */
  readonly code?: readonly string[];
  /** Written so, `code` is text (`{{` in C#). */
  readonly notCode?: string;
  /** A last word on whether it is a string. */
  readonly when?: (scan: Scan, pos: number) => boolean;
}

const C_STRING: StringOptions = { escape: '\\' };

/** A string between an opener and a closer. */
export function quoted(open: string, close = open, options: StringOptions = C_STRING): Rule {
  return {
    first: open.slice(0, 1),
    match(scan, pos) {
      if (open.length > 1 && !scan.src.startsWith(open, pos)) return NO_MATCH;
      if (options.when !== undefined && !options.when(scan, pos)) return NO_MATCH;
      return stringEnd(scan, pos + open.length, close, options);
    },
  };
}

/** Offset after the closer of a string whose content starts at `from`. */
export function stringEnd(scan: Scan, from: number, close: string, options: StringOptions): number {
  const { src } = scan;
  const { escape, doubled = false, lastCloses = false, multiline = false } = options;
  const { code = [], notCode } = options;
  const simple = code.length === 0 && close.length === 1;
  const closing = close.charCodeAt(0);
  const escaping = escape === undefined ? -1 : escape.charCodeAt(0);
  const escapedCode = code.find((opener) => opener.startsWith('\\'));
  let pos = from;
  while (pos < scan.end) {
    const at = src.charCodeAt(pos);
    if (at === escaping && !(escapedCode !== undefined && src.startsWith(escapedCode, pos)))
      pos += src.charCodeAt(pos + 1) === 13 ? 3 : 2;
    else if (at === 10 && !multiline) return pos;
    else if (at === closing && (simple || src.startsWith(close, pos))) {
      const after = pos + close.length;
      if (!doubled || !src.startsWith(close, after))
        return lastCloses ? afterRun(src, after, closing) : after;
      pos += close.length * 2;
    } else if (simple) pos++;
    else pos = codeEnd(scan, pos, code, notCode);
  }
  return Math.min(pos, scan.end);
}

function afterRun(src: string, from: number, code: number): number {
  let at = from;
  while (src.charCodeAt(at) === code) at++;
  return at;
}

/** Reads the code of an interpolation that opens here, or steps over one character. */
function codeEnd(
  scan: Scan,
  pos: number,
  code: readonly string[],
  notCode: string | undefined,
): number {
  if (notCode !== undefined && scan.src.startsWith(notCode, pos)) return pos + notCode.length;
  for (const opener of code) {
    if (scan.src.startsWith(opener, pos)) {
      const bracket = opener.slice(-1);
      return scanNested(scan, pos + opener.length, bracket, closerOf(bracket));
    }
  }
  return pos + 1;
}

/** The bracket that closes this one; other delimiters close themselves. */
export function closerOf(open: string): string {
  return { '(': ')', '[': ']', '{': '}', '<': '>' }[open] ?? open;
}

/** `'x'` and `'\n'`; any other apostrophe (lifetime, attribute, prime) is left alone. */
export function charLiteral(): Rule {
  return {
    first: "'",
    match({ src, end }, pos) {
      if (isWord(src.charCodeAt(pos - 1)) && !/[uULbBc]/.test(src[pos - 1] ?? '')) return pos + 1;
      if (src[pos + 1] === '\\') {
        const close = src.indexOf("'", pos + 3);
        return close > 0 && close < Math.min(end, pos + 14) ? close + 1 : pos + 1;
      }
      for (let at = pos + 2; at < pos + 6 && at < end; at++) {
        if (src[at] === "'") return src[pos + 1] === '\n' ? pos + 1 : at + 1;
        if (src.charCodeAt(at) < 0x80) break;
      }
      return pos + 1;
    },
  };
}

/** `'…'` of C and its kin; an apostrophe inside a number (C++14, C23) separates digits. */
export function cCharacter(): Rule {
  return {
    first: "'",
    match(scan, pos) {
      const { src } = scan;
      if (
        isWord(src.charCodeAt(pos - 1)) &&
        /\d[\w']*$/.test(src.slice(Math.max(0, pos - 40), pos))
      )
        return pos + 1;
      const end = stringEnd(scan, pos + 1, "'", C_STRING);
      return src[end - 1] === "'" || end - pos < 3 ? end : pos + 1;
    },
  };
}

/** Three quotes or more; the same number closes. */
export function longQuoted(quote: string, options: StringOptions, minimum = 3): Rule {
  return {
    first: quote,
    match(scan, pos) {
      let count = 0;
      while (scan.src[pos + count] === quote) count++;
      if (count < minimum) return NO_MATCH;
      return stringEnd(scan, pos + count, quote.repeat(count), { ...options, multiline: true });
    },
  };
}

/** Anything that starts with this is stepped over as a whole (escaped quotes, char names). */
export function stepOver(prefix: string, length: number, when?: Rule['match']): Rule {
  return {
    first: prefix.slice(0, 1),
    match(scan, pos) {
      if (!scan.src.startsWith(prefix, pos)) return NO_MATCH;
      if (when !== undefined && when(scan, pos) === NO_MATCH) return NO_MATCH;
      return Math.min(pos + length, scan.end);
    },
  };
}

/** Everything from the opener to the closer, whatever is in it; without a closer the opener is nothing. */
export function between(open: string, close: string): Rule {
  return {
    first: open.slice(0, 1),
    match({ src, end }, pos) {
      if (!src.startsWith(open, pos)) return NO_MATCH;
      const at = src.indexOf(close, pos + open.length);
      return at < 0 || at >= end ? NO_MATCH : at + close.length;
    },
  };
}
