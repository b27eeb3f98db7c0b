import { isWord, skipBlanks } from './places.ts';
import { NO_MATCH, type Rule, type Scan, scanNested } from './scan.ts';
import { closerOf } from './string-rules.ts';

/** A literal between delimiters that the author chose: brackets nest, `#{…}` may be code. */
export function delimitedEnd(scan: Scan, at: number, code: string | undefined): number {
  const { src } = scan;
  const open = src[at] ?? '';
  const close = closerOf(open);
  let depth = 0;
  for (let pos = at + 1; pos < scan.end; ) {
    const character = src[pos] ?? '';
    if (character === '\\') pos += 2;
    else if (code !== undefined && src.startsWith(code, pos))
      pos = scanNested(scan, pos + code.length, '{', '}');
    else if (character === close) {
      if (depth === 0) return pos + 1;
      depth--;
      pos++;
    } else {
      if (character === open) depth++;
      pos++;
    }
  }
  return scan.end;
}

/** A word such as `q` or `s` that opens a literal, with the number of parts it has. */
export interface QuoteWords {
  readonly [word: string]: 1 | 2;
}

/** Quote-like operators of Perl and Raku. */
export function quoteOperators(words: QuoteWords, notAfter: RegExp): Rule {
  const first = [...new Set(Object.keys(words).map((word) => word.slice(0, 1)))].join('');
  return {
    first,
    match(scan, pos) {
      const { src } = scan;
      if (pos > 0 && (isWord(src.charCodeAt(pos - 1)) || notAfter.test(src[pos - 1] ?? '')))
        return NO_MATCH;
      let after = pos + 1;
      while (isWord(src.charCodeAt(after)) && after - pos < 4) after++;
      const parts = words[src.slice(pos, after)];
      if (parts === undefined) return NO_MATCH;
      const open = skipBlanks(src, after);
      return isDelimiter(src, open, after) ? partsEnd(scan, open, parts) : NO_MATCH;
    },
  };
}

/** `=>`, `,` and `;` follow a plain name; `#` and `,` delimit only without a space before them. */
function isDelimiter(src: string, open: number, after: number): boolean {
  const character = src[open];
  if (character === undefined || /[\s;)\w]/.test(character)) return false;
  if (character === '=' && (src[open + 1] === '>' || open > after)) return false;
  if (character === ',') return open === after && /^,[^,\n]*,/.test(src.slice(open, open + 200));
  return character !== '#' || open === after;
}

function partsEnd(scan: Scan, open: number, parts: 1 | 2): number {
  return afterFlags(scan, lastPartEnd(scan, open, parts));
}

/** The letters behind a regular expression, which are no operators. */
export function afterFlags(scan: Scan, end: number): number {
  let at = end;
  while (at < scan.end && /[a-z]/.test(scan.src[at] ?? '')) at++;
  return at;
}

function lastPartEnd(scan: Scan, open: number, parts: 1 | 2): number {
  const end = delimitedEnd(scan, open, undefined);
  if (parts === 1 || end >= scan.end) return end;
  const opener = scan.src[open] ?? '';
  if (closerOf(opener) === opener) return delimitedEnd(scan, end - 1, undefined);
  let second = end;
  while (scan.src.charCodeAt(second) <= 32) second++;
  return delimitedEnd(scan, second, undefined);
}
