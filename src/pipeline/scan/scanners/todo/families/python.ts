import { type LanguageEntry, rulesLanguage } from '../language.ts';
import { lineComment } from '../lexis/comment-rules.ts';
import { isWord, lineEnd, lineStart, previousSignificant, skipBlanks } from '../lexis/places.ts';
import { addComment, type Rule, type Scan } from '../lexis/scan.ts';

/** Strings with their prefixes; the one that documents a module, class or function is a comment. */
function pythonString(): Rule {
  return {
    first: '"\'',
    match(scan, pos) {
      const { src } = scan;
      const quote = src.charCodeAt(pos);
      const long = src.charCodeAt(pos + 1) === quote && src.charCodeAt(pos + 2) === quote;
      const close = CLOSERS[(long ? 2 : 0) + (quote === 34 ? 1 : 0)] ?? '';
      const before = prefixBefore(src, pos);
      const prefix = before === pos ? '' : src.slice(before, pos);
      const start = pos + close.length;
      const end = stringEnd(scan, start, close, prefix !== '' && /[fFtT]/.test(prefix));
      if (
        (prefix === '' || !/[fFtTbB]/.test(prefix)) &&
        src.endsWith(close, end) &&
        isDocstring(scan, before, end)
      ) {
        addComment(scan, start, Math.max(start, end - close.length));
      }
      return end;
    },
  };
}

const CLOSERS = ["'", '"', "'''", '"""'];

/** Where the prefix of a string starts that opens at `pos`: one or two letters that are no part of a longer word. */
function prefixBefore(src: string, pos: number): number {
  let at = pos;
  while (at > 0 && pos - at < 2 && isPrefix(src.charCodeAt(at - 1))) at--;
  const code = at < pos ? src.charCodeAt(at - 1) : Number.NaN;
  return code < 128 && isWord(code) ? pos : at;
}

/** One of `rbuft` in either case. */
function isPrefix(code: number): boolean {
  const lower = code | 32;
  return lower === 114 || lower === 98 || lower === 117 || lower === 102 || lower === 116;
}

/** Offset after the string; in an f-string a field may hold strings with the same quotes (PEP 701). */
function stringEnd(scan: Scan, from: number, close: string, formatted: boolean): number {
  const { src } = scan;
  const long = close.length === 3;
  const quote = close.charCodeAt(0);
  for (let pos = from; pos < scan.end; pos++) {
    const code = src.charCodeAt(pos);
    if (code === 92) pos += src.charCodeAt(pos + 1) === 13 ? 2 : 1;
    else if (code === 10 && !long) return pos;
    else if (code === quote && (!long || src.startsWith(close, pos))) return pos + close.length;
    else if (formatted && code === 123) {
      if (src.charCodeAt(pos + 1) === 123) pos++;
      else pos = fieldEnd(scan, pos, long) - 1;
    }
  }
  return scan.end;
}

/** Offset after the `{…}` of an f-string, or after its brace when it has no end on its line. */
function fieldEnd(scan: Scan, open: number, long: boolean): number {
  const { src } = scan;
  const limit = long ? scan.end : lineEnd(scan, open);
  let depth = 0;
  for (let pos = open; pos < limit; pos++) {
    const character = src[pos];
    if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return pos + 1;
    else if (character === '"' || character === "'") {
      const at = src.indexOf(character, pos + 1);
      const brace = src.indexOf('}', pos + 1);
      if (
        at < 0 ||
        at >= limit ||
        (brace >= 0 && brace < at && !src.slice(brace, at).includes('{') && long)
      )
        return open + 1;
      pos = at;
    }
  }
  return open + 1;
}

/** The first statement of the file, or of the body of a `def` or `class`, and nothing but a string. */
function isDocstring(scan: Scan, pos: number, end: number): boolean {
  const { src } = scan;
  const after = skipBlanks(src, end);
  if (after < scan.end && !/[\r\n;#]/.test(src[after] ?? '')) return false;
  const last = previousSignificant(scan, pos);
  if (last < 0) return true;
  if (src[last] !== ':') return false;
  return opensDefinition(src, last);
}

const OTHER_STATEMENT =
  /^\s*(?:if|elif|else|for|while|try|except|finally|with|match|case|lambda|return|async\s+(?:for|with))\b/;

/** Whether the colon ends the head of a `def` or `class`, which may span lines. */
function opensDefinition(src: string, colon: number): boolean {
  let from = lineStart(src, colon);
  for (let count = 0; count < 60; count++) {
    const line = src.slice(from, Math.min(from + 200, colon + 1));
    if (/^\s*(?:(?:async\s+)?def|class|cdef|cpdef)\b/.test(line)) return true;
    if (count === 0 && !/^\s*[)\]]/.test(line) && !/->/.test(line) && OTHER_STATEMENT.test(line))
      return false;
    if (OTHER_STATEMENT.test(line) || from === 0) return false;
    from = lineStart(src, from - 1);
  }
  return false;
}

export const PYTHON = rulesLanguage(
  'Python',
  {
    extensions:
      'py pyi pyw pyx pxd pxi py3 gyp gypi bzl bazel star rpy wsgi smk sage gd xsh mojo pyt tac',
    files:
      'sconstruct sconscript snakefile wscript build workspace build.bazel workspace.bazel module.bazel tiltfile .pythonrc buck .buckconfig.py',
    interpreters: 'uv python pypy ipython sage micropython pythonw snakemake',
  },
  [lineComment('#'), pythonString()],
);

/** Meson, Just and others write only `#` and plain strings. */
export const PYTHON_FAMILY: readonly LanguageEntry[] = [PYTHON];
