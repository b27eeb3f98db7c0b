import type { Candidate, LocatedSighting } from '../../domain/ports/git.ts';
import type { FilePolicy } from './file-policy.ts';
import { readTodos } from './scanners/todo/read-todos.ts';
import { type SourceText, sourceTextOf } from './scanners/todo/source-text.ts';

export interface ReadSightingsOptions {
  readonly policy: FilePolicy;
  readonly extraTags: readonly string[];
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
}

/** A file that takes longer is left with what was found so far. */
const fileMs = 2_000;
const linesRound = 3;
const lineLength = 400;
/** Enough for so many characters in any encoding. */
const lineBytes = 4 * lineLength;

/** The TODO sightings of one file, with the lines round them; none from files that the policy leaves out. */
export function readSightings(file: Candidate, options: ReadSightingsOptions): LocatedSighting[] {
  if (options.policy.excludesPath(file.path)) return [];
  const source = sourceTextOf(file.bytes);
  if (source === undefined) return [];
  const start = options.monotonicMs();
  const found = readTodos(file.path, file.bytes, {
    extraTags: options.extraTags,
    source,
    deadline: () => options.monotonicMs() - start > fileMs,
  });
  if (found.length === 0 || options.policy.excludesContent(file.path, file.bytes)) return [];
  return found.map(({ offset, ...todo }) => {
    const from = Math.max(1, todo.line - linesRound);
    const start = lineStartBefore(source.src, offset, todo.line - from);
    return {
      ...todo,
      rule: 'todo',
      path: file.path,
      oid: file.oid,
      url: null,
      context: linesFrom(source, start, todo.endLine + linesRound - from + 1),
      contextStart: from,
    };
  });
}

/** Offset of the line so many lines before the one that holds the offset; a text without line feeds is all one line. */
function lineStartBefore(src: string, offset: number, lines: number): number {
  let start = startOfLine(src, offset);
  for (let more = lines; more > 0; more -= 1) start = startOfLine(src, start - 1);
  return start;
}

function startOfLine(src: string, offset: number): number {
  return offset <= 0 ? 0 : src.lastIndexOf('\n', offset - 1) + 1;
}

/** So many lines. Each is decoded apart: a slice of the whole text would hold all of it in memory. */
function linesFrom({ src, decode }: SourceText, from: number, count: number): string[] {
  const lineBreak = src.includes('\n') ? '\n' : '\r';
  const lines: string[] = [];
  let start = from;
  while (lines.length < count && start <= src.length) {
    const at = src.indexOf(lineBreak, start);
    const end = at === -1 ? src.length : at;
    const textEnd = end > start && src[end - 1] === '\r' ? end - 1 : end;
    lines.push(decode(start, Math.min(textEnd, start + lineBytes)).slice(0, lineLength));
    start = end + 1;
  }
  return lines;
}
