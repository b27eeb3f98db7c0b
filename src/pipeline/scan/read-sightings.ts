import type { Candidate, LocatedSighting } from '../../domain/ports/git.ts';
import type { FilePolicy } from './file-policy.ts';
import { readTodos } from './scanners/todo/read-todos.ts';

export interface ReadSightingsOptions {
  readonly policy: FilePolicy;
  readonly extraTags: readonly string[];
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
}

/** A file that takes longer is left with what was found so far. */
const fileMs = 2_000;
const linesRound = 3;

/** The TODO sightings of one file, with the lines round them; none from files that the policy leaves out. */
export function readSightings(file: Candidate, options: ReadSightingsOptions): LocatedSighting[] {
  if (options.policy.excludesPath(file.path)) return [];
  const start = options.monotonicMs();
  const found = readTodos(file.path, file.bytes, {
    extraTags: options.extraTags,
    deadline: () => options.monotonicMs() - start > fileMs,
  });
  if (found.length === 0 || options.policy.excludesContent(file.path, file.bytes)) return [];
  const lines = linesUpTo(file.bytes, (found.at(-1)?.endLine ?? 0) + linesRound);
  return found.map((todo) => {
    const from = Math.max(1, todo.line - linesRound);
    return {
      ...todo,
      rule: 'todo',
      path: file.path,
      oid: file.oid,
      url: null,
      context: lines.slice(from - 1, todo.endLine + linesRound).map((line) => line.slice(0, 400)),
      contextStart: from,
    };
  });
}

/** The first lines of the file; what comes after is not cut up. */
function linesUpTo(bytes: Uint8Array, last: number): string[] {
  const text = decode(bytes);
  const breaks = text.includes('\n') ? '\n' : '\r';
  const lines: string[] = [];
  let from = 0;
  while (lines.length < last && from <= text.length) {
    const at = text.indexOf(breaks, from);
    const end = at === -1 ? text.length : at;
    lines.push(text.slice(from, end > from && text[end - 1] === '\r' ? end - 1 : end));
    from = end + 1;
  }
  return lines;
}

/** UTF-8 or UTF-16 by its mark; what is no UTF-8 is read as Latin-1. */
function decode(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer[0] === 0xff && buffer[1] === 0xfe) return buffer.toString('utf16le', 2);
  if (buffer[0] === 0xfe && buffer[1] === 0xff) {
    const even = buffer.subarray(2, buffer.length - (buffer.length % 2));
    return Buffer.from(even).swap16().toString('utf16le');
  }
  const text = buffer.toString('utf8', buffer[0] === 0xef && buffer[1] === 0xbb ? 3 : 0);
  return text.includes('\u{FFFD}') ? buffer.toString('latin1') : text;
}
