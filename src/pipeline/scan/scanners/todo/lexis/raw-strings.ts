import { isWord } from './places.ts';
import { NO_MATCH, type Rule } from './scan.ts';
import { expectsOperand, regexEnd } from './slash.ts';
import { longQuoted, quoted, stepOver, stringEnd } from './string-rules.ts';

const SWIFT_KEYWORDS = new Set(['return', 'in', 'case', 'try', 'await']);

/** `R"delimiter( … )delimiter"`. */
export function rawString(): Rule {
  return {
    first: 'R',
    match({ src, end }, pos) {
      if (src[pos + 1] !== '"') return NO_MATCH;
      if (
        isWord(src.charCodeAt(pos - 1)) &&
        !/(?:^|\W)(?:u8|[uUL])$/.test(src.slice(Math.max(0, pos - 4), pos))
      )
        return NO_MATCH;
      const open = src.indexOf('(', pos + 2);
      if (open < 0 || open - pos > 18) return NO_MATCH;
      const close = `)${src.slice(pos + 2, open)}"`;
      const at = src.indexOf(close, open);
      return at < 0 ? end : Math.min(at + close.length, end);
    },
  };
}

export function csharpStrings(): Rule[] {
  const verbatim = { doubled: true, multiline: true };
  const holes = { code: ['{'], notCode: '{{' };
  return [
    quoted('$@"', '"', { ...verbatim, ...holes }),
    quoted('@$"', '"', { ...verbatim, ...holes }),
    quoted('@"', '"', verbatim),
    longQuoted('"', {}),
    quoted('$"""', '"""', { multiline: true, ...holes }),
    quoted('$$"""', '"""', { multiline: true, code: ['{{'] }),
    quoted('$"', '"', { escape: '\\', ...holes }),
    quoted('"'),
  ];
}

/** `r"…"`, `r#"…"#`, with `b` or `c` before. */
export function rustRawString(): Rule {
  return {
    first: 'r',
    match({ src, end }, pos) {
      if (
        isWord(src.charCodeAt(pos - 1)) &&
        !/(?:^|\W)[bc]$/.test(src.slice(Math.max(0, pos - 2), pos))
      )
        return NO_MATCH;
      let hashes = 0;
      while (src[pos + 1 + hashes] === '#') hashes++;
      if (src[pos + 1 + hashes] !== '"') return NO_MATCH;
      const close = `"${'#'.repeat(hashes)}`;
      const at = src.indexOf(close, pos + 2 + hashes);
      return at < 0 ? end : Math.min(at + close.length, end);
    },
  };
}

/** `#"…"#`, `##"""…"""##` and `#/…/#`. */
export function swiftRawString(): Rule {
  return {
    first: '#',
    match(scan, pos) {
      const { src, end } = scan;
      let hashes = 1;
      while (src[pos + hashes] === '#') hashes++;
      const open = pos + hashes;
      const quote = src.startsWith('"""', open) ? '"""' : src[open];
      if (quote === undefined || (quote !== '"""' && quote !== '"' && quote !== '/'))
        return NO_MATCH;
      const signs = '#'.repeat(hashes);
      const close = quote + signs;
      if (quote !== '/') {
        const multiline = quote.length > 1;
        return stringEnd(scan, open + quote.length, close, { multiline, code: [`\\${signs}(`] });
      }
      const at = src.indexOf(close, open + quote.length);
      return at < 0 ? end : Math.min(at + close.length, end);
    },
  };
}

/** `/…/` where an operand is due, with no space after the slash. */
export function swiftRegex(): Rule {
  return {
    first: '/',
    match(scan, pos) {
      if (/[\s)]/.test(scan.src[pos + 1] ?? ' ') || !expectsOperand(scan, pos, SWIFT_KEYWORDS))
        return NO_MATCH;
      const end = regexEnd(scan, pos);
      return end < 0 ? NO_MATCH : end;
    },
  };
}

/** `q"(…)"`, `q"EOS … EOS"`. */
export function dDelimited(): Rule {
  return {
    first: 'q',
    match({ src, end }, pos) {
      if (src[pos + 1] !== '"' || isWord(src.charCodeAt(pos - 1))) return NO_MATCH;
      const word = /^\w+/.exec(src.slice(pos + 2, pos + 40))?.[0];
      const open = src[pos + 2] ?? '';
      const closers: Record<string, string> = { '(': ')', '[': ']', '{': '}', '<': '>' };
      const close = word === undefined ? `${closers[open] ?? open}"` : `\n${word}"`;
      const at = src.indexOf(close, pos + 3);
      return at < 0 ? end : Math.min(at + close.length, end);
    },
  };
}

/** `r"…"` and `x"…"`. */
export function dRaw(): Rule {
  return {
    first: 'rx',
    match(scan, pos) {
      if (scan.src[pos + 1] !== '"' || isWord(scan.src.charCodeAt(pos - 1))) return NO_MATCH;
      return stringEnd(scan, pos + 2, '"', { multiline: true });
    },
  };
}

export function dartStrings(): Rule[] {
  const raw: Rule = {
    first: 'r',
    match(scan, pos) {
      if (isWord(scan.src.charCodeAt(pos - 1))) return NO_MATCH;
      const quote = scan.src[pos + 1];
      if (quote !== '"' && quote !== "'") return NO_MATCH;
      const long = scan.src.startsWith(quote.repeat(3), pos + 1);
      const close = long ? quote.repeat(3) : quote;
      return stringEnd(scan, pos + 1 + close.length, close, { multiline: long });
    },
  };
  const holes = { escape: '\\', code: ['${'] } as const;
  return [
    raw,
    quoted('"""', '"""', { ...holes, multiline: true }),
    quoted("'''", "'''", { ...holes, multiline: true }),
    quoted('"', '"', holes),
    quoted("'", "'", holes),
    stepOver('\\', 2),
  ];
}

/** `\\` starts a line of a multi-line string. */
export function zigLine({ src, end }: { src: string; end: number }, pos: number): number {
  if (src[pos + 1] !== '\\') return NO_MATCH;
  const at = src.indexOf('\n', pos);
  return at < 0 ? end : Math.min(at, end);
}
