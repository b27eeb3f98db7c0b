import { AppError } from '../../lib/app-error.ts';
import type { Git, GitProcess } from './git.ts';

/** One long-lived `git cat-file --batch`: ask for objects by name, get them in the order asked. */
export interface ObjectReader {
  /** Any name git understands, for example an object id or `<commit>:<path>`; null when missing or not a blob. */
  read(name: string): Promise<GitObject | null>;
  /** Number of reads not answered yet. */
  readonly pending: number;
  /** The child has ended; open a new one. */
  readonly closed: boolean;
  close(): void;
}

export interface GitObject {
  readonly oid: string;
  /** Size in the repository; `bytes` is null when it is above the limit. */
  readonly size: number;
  readonly bytes: Buffer | null;
}

interface Waiting {
  readonly resolve: (object: GitObject | null) => void;
  readonly reject: (error: unknown) => void;
}

const newline = 10;

/** Opens the reader; contents above `maxBytes` are skipped as they come and never held. */
export function openObjectReader(git: Git, gitDir: string, maxBytes: number): ObjectReader {
  const child = git.start([`--git-dir=${gitDir}`, 'cat-file', '--batch-command', '--buffer', '-z']);
  const queue: Waiting[] = [];
  const parser = createParser(maxBytes, (object) => queue.shift()?.resolve(object));
  child.stdout.on('data', parser);
  let ended: AppError | undefined;
  const end = (why: AppError) => {
    ended ??= why;
    for (const waiting of queue.splice(0)) waiting.reject(ended);
  };
  child.done.then(({ stderr }) => end(gone(stderr)), end);
  const flush = batchedWriter(child);
  return {
    get pending() {
      return queue.length;
    },
    get closed() {
      return ended !== undefined;
    },
    read: async (name) =>
      await new Promise((resolve, reject) => {
        if (ended !== undefined) {
          reject(ended);
          return;
        }
        queue.push({ resolve, reject });
        flush(name);
      }),
    close: () => child.kill(),
  };
}

/** Names of one turn go out in one write, with one flush. */
function batchedWriter(child: GitProcess): (name: string) => void {
  let names: string[] = [];
  return (name) => {
    if (names.length === 0) {
      setImmediate(() => {
        child.stdin.write(`${names.map((name) => `contents ${name}\0`).join('')}flush\0`);
        names = [];
      });
    }
    names.push(name);
  };
}

/** Reads `<oid> <type> <size>\n<content>\n` and `<name> missing\n`. */
function createParser(maxBytes: number, emit: (object: GitObject | null) => void) {
  let head: Buffer = Buffer.alloc(0);
  let body:
    | { oid: string; type: string; size: number; kept: Buffer | null; seen: number }
    | undefined;
  const takeHead = (chunk: Buffer, from: number): number => {
    const at = chunk.indexOf(newline, from);
    const part = chunk.subarray(from, at === -1 ? chunk.length : at);
    head = head.length === 0 ? part : Buffer.concat([head, part]);
    if (at === -1) {
      head = Buffer.from(head);
      return chunk.length;
    }
    const line = head.toString('utf8');
    head = Buffer.alloc(0);
    const match = /^([0-9a-f]{40,64}) ([a-z]+) (\d+)$/u.exec(line);
    if (match === null) emit(null);
    else {
      const size = Number(match[3]);
      const kept = match[2] === 'blob' && size <= maxBytes ? Buffer.allocUnsafeSlow(size) : null;
      body = { oid: match[1] ?? '', type: match[2] ?? '', size, kept, seen: 0 };
    }
    return at + 1;
  };
  const takeBody = (chunk: Buffer, from: number, open: NonNullable<typeof body>): number => {
    const wanted = open.size - open.seen;
    const end = Math.min(chunk.length, from + wanted);
    open.kept?.set(chunk.subarray(from, end), open.seen);
    open.seen += end - from;
    if (open.seen < open.size || end === chunk.length) return end;
    body = undefined;
    emit(open.type === 'blob' ? { oid: open.oid, size: open.size, bytes: open.kept } : null);
    return end + 1;
  };
  return (chunk: Buffer) => {
    let at = 0;
    while (at < chunk.length)
      at = body === undefined ? takeHead(chunk, at) : takeBody(chunk, at, body);
  };
}

function gone(stderr: string): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'git_objects_gone',
    message: `git cat-file ended early: ${stderr.trim().split('\n').at(-1) || 'it said nothing'}`,
  });
}
