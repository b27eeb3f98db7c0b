import type { Candidate, LocatedSighting } from '../../domain/ports/git.ts';
import type { FilePolicy } from './file-policy.ts';
import { readTodos } from './scanners/todo/read-todos.ts';
import { sourceTextOf } from './scanners/todo/source-text.ts';

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
  const start = options.monotonicMs();
  const found = readTodos(file.path, file.bytes, {
    extraTags: options.extraTags,
    deadline: () => options.monotonicMs() - start > fileMs,
  });
  if (found.length === 0 || options.policy.excludesContent(file.path, file.bytes)) return [];
  const context = contextReader(file.bytes);
  return found.map((todo) => {
    const from = Math.max(1, todo.line - linesRound);
    return {
      ...todo,
      rule: 'todo',
      path: file.path,
      oid: file.oid,
      url: null,
      context: context(from, todo.endLine + linesRound),
      contextStart: from,
    };
  });
}

/** Gives lines by number. Each is decoded apart: a slice of the whole text would hold all of it in memory. */
function contextReader(bytes: Uint8Array): (from: number, to: number) => string[] {
  const source = sourceTextOf(bytes);
  if (source === undefined) return () => [];
  const { src, decode } = source;
  const lineBreak = src.includes('\n') ? '\n' : '\r';
  const after = (start: number): number => {
    const at = src.indexOf(lineBreak, start);
    return at === -1 ? src.length + 1 : at + 1;
  };
  // Findings come in the order of lines: each is looked for from the one before.
  let known = { line: 1, start: 0 };
  const startOf = (wanted: number): number => {
    let { line, start } = wanted < known.line ? { line: 1, start: 0 } : known;
    for (; line < wanted && start <= src.length; line += 1) start = after(start);
    known = { line, start };
    return start;
  };
  return (from, to) => {
    const lines: string[] = [];
    let start = startOf(from);
    for (let line = from; line <= to && start <= src.length; line += 1) {
      const next = after(start);
      const end = next - 1;
      const textEnd = end > start && src[end - 1] === '\r' ? end - 1 : end;
      lines.push(decode(start, Math.min(textEnd, start + lineBytes)).slice(0, lineLength));
      start = next;
    }
    return lines;
  };
}
