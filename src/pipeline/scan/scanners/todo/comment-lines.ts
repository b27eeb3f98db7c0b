import { lineStart } from './lexis/places.ts';
import type { Comment } from './lexis/scan.ts';

/** One line of a comment: offsets of its content, after the marker of a line comment, before its line end. */
export interface CommentLine {
  readonly start: number;
  readonly end: number;
  /** Offset of the first character of the source line. */
  readonly lineStart: number;
}

/** The line of the comment that holds this offset. */
export function lineAt(src: string, comment: Comment, offset: number): CommentLine {
  const from = lineStart(src, offset);
  return {
    start: Math.max(from, comment.start),
    end: trimmedEnd(src, offset, Math.min(endOfLine(src, offset), comment.end)),
    lineStart: from,
  };
}

/** The line after it, if the same comment, or a line comment right below, goes on there. */
export function lineBelow(
  src: string,
  comment: Comment,
  line: CommentLine,
): CommentLine | undefined {
  const next = endOfLine(src, line.end) + 1;
  if (next >= src.length) return undefined;
  const end = endOfLine(src, next);
  if (next < comment.end) {
    return { start: next, end: trimmedEnd(src, next, Math.min(end, comment.end)), lineStart: next };
  }
  return comment.marker === null
    ? undefined
    : markedLine(src, next, end, comment.start, comment.marker);
}

/** The line before it, if it belongs to the same comment or is a line comment right above. */
export function lineAbove(
  src: string,
  comment: Comment,
  line: CommentLine,
): CommentLine | undefined {
  if (line.lineStart === 0) return undefined;
  const from = lineStart(src, line.lineStart - 1);
  const end = line.lineStart - 1;
  if (end > comment.start) {
    const start = Math.max(from, comment.start);
    return { start, end: trimmedEnd(src, start, end), lineStart: from };
  }
  if (comment.marker === null || !startsItsLine(src, comment)) return undefined;
  return markedLine(src, from, end, comment.start, comment.marker);
}

/** Whether only white space stands before the line comment: a comment after code does not go on from the line above. */
function startsItsLine(src: string, comment: Comment): boolean {
  const from = lineStart(src, comment.start);
  return src.slice(from, comment.start - (comment.marker?.length ?? 0)).trim() === '';
}

/** A line whose comment opens just like the one at `opened`: `//` does not go on from `///`. */
function markedLine(
  src: string,
  from: number,
  end: number,
  opened: number,
  marker: string,
): CommentLine | undefined {
  let at = from;
  while (at < end && (src[at] === ' ' || src[at] === '\t')) at++;
  if (!src.startsWith(marker, at)) return undefined;
  const sign = marker.slice(-1);
  const start = Math.min(afterRun(src, at + marker.length, sign), end);
  if (start - at - marker.length !== afterRun(src, opened, sign) - opened) return undefined;
  return { start, end: trimmedEnd(src, start, end), lineStart: from };
}

function afterRun(src: string, from: number, character: string): number {
  let at = from;
  while (src[at] === character) at++;
  return at;
}

function endOfLine(src: string, offset: number): number {
  const at = src.indexOf('\n', offset);
  return at < 0 ? src.length : at;
}

function trimmedEnd(src: string, from: number, end: number): number {
  let at = end;
  while (at > from && src.charCodeAt(at - 1) <= 32) at--;
  return at;
}
