import type { CommentLine } from './comment-lines.ts';
import { findingTextOf } from './finding-text.ts';
import { languageOf } from './languages.ts';
import { type Comment, scanOf } from './lexis/scan.ts';
import { positionOf } from './position.ts';
import { type SourceText, sourceTextOf } from './source-text.ts';
import { type Candidate, candidateFinder } from './tags.ts';

/** One tag in a comment. */
export interface TodoMatch {
  /** Upper case: TODO, FIXME, HACK, XXX, BUG or a configured one. */
  readonly tag: string;
  /** Offset of the tag in the text of the source. */
  readonly offset: number;
  /** 1-based line of the tag itself. */
  readonly line: number;
  /** 1-based last line of the text. */
  readonly endLine: number;
  /** Without owner, separator and comment closer; its lines joined by spaces. */
  readonly text: string;
  readonly owner: string | null;
  /** As written, such as `#12`. */
  readonly issue: string | null;
  /** 0 to 1. */
  readonly confidence: number;
}

export interface ReadTodosOptions {
  readonly extraTags?: readonly string[];
  /** The text of the bytes, where it was taken before. */
  readonly source?: SourceText;
  /** Larger files are not read. Default 5 MB. */
  readonly maxFileBytes?: number;
  /** Files with a longer line are not read. Default 1 MB. */
  readonly maxLineBytes?: number;
  /** Says that the time for this file is over: what was found so far is the answer. */
  readonly deadline?: () => boolean;
}

const findUsual = candidateFinder();
const MAX_FILE_BYTES = 5_000_000;
const MAX_LINE_BYTES = 1_000_000;
const FIRST_BYTES = 4096;
/** Nobody writes so many; a line of a megabyte full of them must not cost a minute. */
const MOST_TAGS_A_LINE = 100;

/** The TODO comments of a file, by line. Knows the language from path and content; unknown languages have none. */
export function readTodos(
  path: string,
  bytes: Uint8Array,
  options: ReadTodosOptions = {},
): TodoMatch[] {
  if (bytes.length > (options.maxFileBytes ?? MAX_FILE_BYTES)) return [];
  const source = options.source ?? sourceTextOf(bytes);
  if (source === undefined) return [];
  const { extraTags = [] } = options;
  const find = extraTags.length === 0 ? findUsual : candidateFinder(extraTags);
  const candidates = find(source.src);
  if (candidates.length === 0) return [];
  const language = languageOf(path, bytes.subarray(0, FIRST_BYTES));
  if (language === undefined || hasLongLine(source.src, options.maxLineBytes ?? MAX_LINE_BYTES))
    return [];
  const offsets = candidates.map((candidate) => candidate.start);
  const scan = scanOf(source.src, offsets, options.deadline);
  language.read(scan, 0, source.src.length);
  return understand(source, scan.comments, candidates);
}

interface Placed {
  readonly candidate: Candidate;
  readonly comment: Comment;
  readonly line: CommentLine;
  readonly confidence: number;
}

function understand(
  source: SourceText,
  comments: readonly Comment[],
  candidates: readonly Candidate[],
): TodoMatch[] {
  const placed = place(source.src, comments, candidates);
  const lineOf = lineCounter(source.src);
  return placed.map((found, at) => {
    const stop = stopAfter(source.src, placed, at);
    const { candidate, comment, line, confidence } = found;
    const { text, owner, issue, lastOffset } = findingTextOf(
      source,
      comment,
      candidate,
      line,
      stop,
    );
    const start = lineOf(candidate.start);
    const endLine = Math.max(start, lineOf(lastOffset));
    return {
      tag: candidate.tag,
      offset: candidate.start,
      line: start,
      endLine,
      text,
      owner,
      issue,
      confidence,
    };
  });
}

/** Where the next finding starts; tags that a slash joins share their text. */
function stopAfter(src: string, placed: readonly Placed[], at: number): number {
  for (let next = at + 1; next < placed.length; next++) {
    const before = placed[next - 1]?.candidate.end ?? 0;
    const start = placed[next]?.candidate.start ?? 0;
    if (src.slice(before, start) !== '/') return start;
  }
  return src.length;
}

/** The candidates that stand in a comment and are meant, in order. */
function place(
  src: string,
  comments: readonly Comment[],
  candidates: readonly Candidate[],
): Placed[] {
  const ordered = [...comments].sort((one, other) => one.start - other.start);
  const placed: Placed[] = [];
  let at = 0;
  let line = { end: -1, tags: 0 };
  for (const candidate of candidates) {
    if (candidate.start > line.end) line = { end: endOfLine(src, candidate.start), tags: 0 };
    if (++line.tags > MOST_TAGS_A_LINE) continue;
    while (at < ordered.length && (ordered[at]?.end ?? 0) <= candidate.start) at++;
    const comment = ordered[at];
    if (comment === undefined) break;
    if (comment.start > candidate.start) continue;
    const position = positionOf(src, comment, candidate);
    if (position !== undefined) {
      placed.push({ candidate, comment, line: position.line, confidence: position.confidence });
    }
  }
  return placed;
}

function endOfLine(src: string, offset: number): number {
  const at = src.indexOf('\n', offset);
  return at < 0 ? src.length : at;
}

/** Counts lines up to an offset; offsets mostly grow, so each part is counted once. */
function lineCounter(src: string): (offset: number) => number {
  let counted = 0;
  let line = 1;
  return (offset) => {
    if (offset < counted) {
      counted = 0;
      line = 1;
    }
    for (
      let at = src.indexOf('\n', counted);
      at >= 0 && at < offset;
      at = src.indexOf('\n', at + 1)
    ) {
      line++;
      counted = at + 1;
    }
    return line;
  };
}

function hasLongLine(src: string, most: number): boolean {
  if (src.length <= most) return false;
  let start = 0;
  while (start < src.length) {
    const at = src.indexOf('\n', start);
    const end = at < 0 ? src.length : at;
    if (end - start > most) return true;
    start = end + 1;
  }
  return false;
}
