import type { Language } from '../language.ts';
import { addComment, type Scan } from '../lexis/scan.ts';

/** A part of a template that is not its text: a comment, code, or a literal section. */
export interface IslandKind {
  readonly open: string;
  readonly close: string;
  /** Closes it as well (`--~}}`). */
  readonly orClose?: string;
  /** `comment`: its content is one; `code`: read as `language`; `skip`: neither. */
  readonly what: 'comment' | 'code' | 'skip';
  readonly language?: Language;
  /** Reads code whose closer may stand in a string; returns the offset of the closer. */
  readonly readTo?: (scan: Scan, from: number, to: number) => number;
  /** Quotes inside may hold the closer. */
  readonly quotes?: boolean;
  /** Only at the start of its line, and up to the line's end. */
  readonly wholeLine?: boolean;
}

/** Notes what the islands hold, and returns the source with islands blanked, so that the language around can be read. */
export function readIslands(
  scan: Scan,
  from: number,
  to: number,
  kinds: readonly IslandKind[],
): string {
  const { src } = scan;
  const parts: string[] = [src.slice(0, from)];
  const first = new Set(kinds.map((kind) => kind.open.charCodeAt(0)));
  let kept = from;
  let pos = from;
  while (pos < to && pos < scan.limit) {
    const kind = first.has(src.charCodeAt(pos)) ? kindAt(src, pos, kinds) : undefined;
    if (kind === undefined) pos++;
    else {
      const end = Math.max(readIsland(scan, pos, to, kind), pos + 1);
      parts.push(src.slice(kept, pos), src.slice(pos, end).replace(/[^\n]/g, ' '));
      kept = end;
      pos = end;
    }
  }
  parts.push(src.slice(kept));
  return parts.join('');
}

function kindAt(src: string, pos: number, kinds: readonly IslandKind[]): IslandKind | undefined {
  return kinds.find(
    (kind) =>
      src.startsWith(kind.open, pos) &&
      (kind.wholeLine !== true || /(?:^|\n)[ \t]*$/.test(src.slice(Math.max(0, pos - 80), pos))),
  );
}

function readIsland(scan: Scan, pos: number, to: number, kind: IslandKind): number {
  const start = pos + kind.open.length;
  if (kind.readTo !== undefined)
    return Math.min(kind.readTo(scan, start, to) + kind.close.length, to);
  const [at, length] = closerAt(scan.src, start, to, kind);
  const end = at < 0 ? to : at;
  if (kind.what === 'comment') addComment(scan, start, end);
  else if (kind.what === 'code' && kind.language !== undefined)
    kind.language.read(scan, start, end);
  return kind.close === '\n' ? end : Math.min(end + length, to);
}

/** Offset and length of the closer that comes first. */
function closerAt(
  src: string,
  start: number,
  to: number,
  kind: IslandKind,
): [at: number, length: number] {
  const first = closeAt(src, start, to, kind);
  if (kind.orClose === undefined) return [first, kind.close.length];
  const other = src.indexOf(kind.orClose, start);
  const earlier = other >= 0 && other < to && (first < 0 || other < first);
  return earlier ? [other, kind.orClose.length] : [first, kind.close.length];
}

function closeAt(src: string, start: number, to: number, kind: IslandKind): number {
  if (kind.quotes !== true) {
    const at = src.indexOf(kind.close, start);
    return at >= to ? -1 : at;
  }
  for (let pos = start; pos < to; pos++) {
    if (src.startsWith(kind.close, pos)) return pos;
    const character = src[pos];
    if (character !== '"' && character !== "'") continue;
    const close = src.indexOf(character, pos + 1);
    const line = src.indexOf('\n', pos);
    if (close > 0 && close < to && (line < 0 || close < line)) pos = close;
  }
  return -1;
}
