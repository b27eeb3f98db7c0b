import { isAtColumnOne, isFirstOnLine, isWord, lineEnd } from './places.ts';
import { addComment, NO_MATCH, type Rule, type Scan } from './scan.ts';

export interface LineCommentOptions {
  /** `line`: nothing but white space before it; `column`: at column one; `word`: not inside a word. */
  readonly where?: 'anywhere' | 'line' | 'column' | 'word';
  /** Ends the comment before the line ends (`?>` in PHP). */
  readonly until?: string;
  /** A backslash at the end of the line carries the comment on (C). */
  readonly continued?: boolean;
  /** A last word on whether it is a comment. */
  readonly when?: (scan: Scan, pos: number) => boolean;
}

/** A comment up to the end of the line. */
export function lineComment(open: string, options: LineCommentOptions = {}): Rule {
  const { where = 'anywhere', until, continued = false, when } = options;
  return {
    first: open.slice(0, 1),
    match(scan, pos) {
      if (open.length > 1 && !scan.src.startsWith(open, pos)) return NO_MATCH;
      if (!standsAt(scan.src, pos, where)) return NO_MATCH;
      if (when !== undefined && !when(scan, pos)) return NO_MATCH;
      return readLineComment(scan, pos, pos + open.length, open, { until, continued });
    },
  };
}

function readLineComment(
  scan: Scan,
  pos: number,
  start: number,
  marker: string,
  options: { until: string | undefined; continued: boolean },
): number {
  let end = lineEnd(scan, start);
  if (options.continued) {
    while (end < scan.end && endsWithBackslash(scan.src, end)) end = lineEnd(scan, end + 1);
  }
  if (options.until !== undefined) {
    const at = scan.src.indexOf(options.until, start);
    if (at >= 0 && at < end) end = at;
  }
  addComment(scan, start, end, marker);
  noteLastComment(scan, pos, end);
  return end;
}

function endsWithBackslash(src: string, end: number): boolean {
  const last = src.charCodeAt(end - 1) === 13 ? end - 2 : end - 1;
  return src.charCodeAt(last) === 92;
}

/** A comment on lines that follow each other without code between counts as one place to look past. */
function noteLastComment(scan: Scan, start: number, end: number): void {
  const last = scan.lastComment;
  if (last.end >= 0 && start > last.end && start - last.end < 200) {
    let at = last.end;
    while (at < start && scan.src.charCodeAt(at) <= 32) at++;
    if (at === start) {
      last.end = end;
      return;
    }
  }
  last.start = start;
  last.end = end;
}

function standsAt(src: string, pos: number, where: string): boolean {
  if (where === 'anywhere') return true;
  if (where === 'line') return isFirstOnLine(src, pos);
  if (where === 'column') return isAtColumnOne(src, pos);
  return pos === 0 || /[\s;&|(){}[\],`]/.test(src[pos - 1] ?? '');
}

export interface BlockCommentOptions {
  readonly nested?: boolean;
  /** Openers that look alike and are something else (`{$` in Pascal). */
  readonly except?: readonly string[];
  /** Strings inside the comment are read as strings (OCaml). */
  readonly strings?: boolean;
  /** So are quotations like `{name|…|name}`. */
  readonly quotations?: boolean;
}

/** A comment between an opener and a closer. */
export function blockComment(open: string, close: string, options: BlockCommentOptions = {}): Rule {
  const { nested = false, except = [], strings = false, quotations = false } = options;
  return {
    first: open.slice(0, 1),
    match(scan, pos) {
      const { src } = scan;
      if (!src.startsWith(open, pos)) return NO_MATCH;
      for (const other of except) if (src.startsWith(other, pos)) return NO_MATCH;
      const start = pos + open.length;
      const end = nested
        ? nestedEnd(scan, start, open, close, { strings, quotations })
        : plainEnd(scan, start, close);
      addComment(scan, start, end);
      const next = Math.min(end + close.length, scan.end);
      noteLastComment(scan, pos, next);
      return next;
    },
  };
}

function plainEnd(scan: Scan, start: number, close: string): number {
  const at = scan.src.indexOf(close, start);
  return at < 0 || at > scan.end ? scan.end : at;
}

/** Where the nesting closes. A comment that never closes so was written by someone who did not nest: the first closer ends it. */
function nestedEnd(
  scan: Scan,
  start: number,
  open: string,
  close: string,
  { strings, quotations }: { strings: boolean; quotations: boolean },
): number {
  const { src } = scan;
  const flat = `unnested ${open}`;
  if (scan.unclosed.has(flat)) return plainEnd(scan, start, close);
  let depth = 1;
  let pos = start;
  while (pos < scan.end) {
    if (src.startsWith(close, pos)) {
      if (--depth === 0) return pos;
      pos += close.length;
    } else if (src.startsWith(open, pos)) {
      depth++;
      pos += open.length;
    } else if (
      strings &&
      src[pos] === '"' &&
      src[pos - 1] !== "'" &&
      !isWord(src.charCodeAt(pos - 1))
    ) {
      pos = stringInside(src, pos, scan.end);
    } else if (quotations && src[pos] === '{') pos = quotationInside(src, pos, scan.end);
    else pos++;
  }
  scan.unclosed.add(flat);
  return plainEnd(scan, start, close);
}

function stringInside(src: string, pos: number, end: number): number {
  for (let at = pos + 1; at < end; at++) {
    if (src[at] === '\\') at++;
    else if (src[at] === '"') return at + 1;
  }
  return pos + 1;
}

function quotationInside(src: string, pos: number, end: number): number {
  const match = /^\{([a-z_]*)\|/.exec(src.slice(pos, pos + 40));
  if (match === null) return pos + 1;
  const close = `|${match[1] ?? ''}}`;
  const at = src.indexOf(close, pos + match[0].length);
  return at < 0 || at >= end ? pos + 1 : at + close.length;
}
