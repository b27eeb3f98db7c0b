import type { Scan } from './scan.ts';

/** Offset of the line feed that ends the line, or the end of the region. */
export function lineEnd(scan: Scan, pos: number): number {
  const at = scan.src.indexOf('\n', pos);
  return at < 0 || at > scan.end ? scan.end : at;
}

/** Offset of the first character of the line. */
export function lineStart(src: string, pos: number): number {
  return pos <= 0 ? 0 : src.lastIndexOf('\n', pos - 1) + 1;
}

/** Whether only white space stands before it on its line. */
export function isFirstOnLine(src: string, pos: number): boolean {
  for (let at = pos - 1; at >= 0; at--) {
    const code = src.charCodeAt(at);
    if (code === 10) return true;
    if (code !== 32 && code !== 9) return false;
  }
  return true;
}

/** Whether it is the first character of its line. */
export function isAtColumnOne(src: string, pos: number): boolean {
  return pos === 0 || src.charCodeAt(pos - 1) === 10;
}

/** Letters, digits, underscore and bytes beyond ASCII. */
export function isWord(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code >= 128
  );
}

/** Offset of the last character before `pos` that is neither white space nor comment, or -1. */
export function previousSignificant(scan: Scan, pos: number): number {
  let at = pos - 1;
  for (;;) {
    while (at >= 0 && scan.src.charCodeAt(at) <= 32) at--;
    const { start, end } = scan.lastComment;
    if (at < 0 || at >= end || at < start) return at;
    at = start - 1;
  }
}

/** The word that ends at this offset (inclusive), or the empty string. */
export function wordEndingAt(src: string, last: number): string {
  let at = last;
  while (at >= 0 && isWord(src.charCodeAt(at))) at--;
  return src.slice(at + 1, last + 1);
}

/** Spaces and tabs before the first other character of the line that holds `pos`. */
export function indentOf(src: string, start: number): number {
  let at = start;
  while (src.charCodeAt(at) === 32 || src.charCodeAt(at) === 9) at++;
  return at - start;
}

/** Offset after spaces and tabs. */
export function skipBlanks(src: string, pos: number): number {
  let at = pos;
  while (src.charCodeAt(at) === 32 || src.charCodeAt(at) === 9) at++;
  return at;
}

/** Offset after the type arguments that open at `pos` (`<T, U<V>>`). */
export function afterTypeArguments(src: string, pos: number, end: number): number {
  let depth = 0;
  for (let at = pos; at < end && at - pos < 500; at++) {
    if (src[at] === '<') depth++;
    else if (src[at] === '>' && --depth === 0) return at + 1;
  }
  return pos;
}
