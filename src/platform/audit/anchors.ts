import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { AppError, messageOf } from '../../lib/app-error.ts';

/** One line outside the database: a signed note, and the leaves that it added, so that a difference is found to the entry. */
export interface AnchorLine {
  readonly note: string;
  /** Leaf hashes (32 bytes each) of the entries that end at the note's size; empty when they are not known. */
  readonly leaves: Buffer;
}

/** A line that is damaged counts as a line that somebody damaged. */
export type AnchorRead = AnchorLine | { readonly damagedLine: number };

/** An append-only place for notes. */
export interface AnchorPlace {
  readonly path: string;
  /** Nothing can be read back from it here. */
  readonly isWriteOnly?: boolean;
  /** Resolves once the line is on disk. Throws AppError `audit_anchor_unwritable`. */
  append(line: AnchorLine): Promise<void>;
  /** From the first line on; nothing when there is no file yet. */
  read(): AsyncIterable<AnchorRead>;
  /** The last whole lines, newest last; at most some hundred. */
  tail(): Promise<readonly AnchorRead[]>;
}

const tailBytes = 512 * 1024;

/** A file of JSON lines, `{"note":…,"leaves":…}`, mode 0600, in a folder of its own; only ever appended to. */
export function createAnchorFile(path: string): AnchorPlace {
  return {
    path,
    append: async (line) => {
      try {
        await appendLine(path, line);
      } catch (cause) {
        throw unwritable(path, cause);
      }
    },
    read: () => readLines(path),
    tail: async () => {
      const lines: AnchorRead[] = [];
      const size = (await sizeOf(path)) ?? 0;
      for await (const line of readLines(path, Math.max(0, size - tailBytes))) lines.push(line);
      return lines;
    },
  };
}

// What a crash left of a line is closed with a line feed first, and then reads as a torn line.
async function appendLine(path: string, { note, leaves }: AnchorLine): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'a+', 0o600);
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    const torn = size > 0 && last[0] !== 10 ? `${tornMark}\n` : '';
    const line = JSON.stringify({ note, leaves: leaves.toString('base64') });
    await file.write(`${torn}${line}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Written behind what a crash left of a line: no JSON ends so, and nobody else writes it behind a whole line. */
const tornMark = '#torn';

async function* readLines(path: string, from = 0): AsyncIterable<AnchorRead> {
  if ((await sizeOf(path)) === undefined) return;
  const file = await open(path, 'r');
  try {
    const input = file.createReadStream({ start: from, autoClose: false });
    let [number, isFirst] = [0, from > 0];
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    const isTorn = size > 0 && last[0] !== 10;
    let waiting: { readonly text: string; readonly number: number } | undefined;
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      number += 1;
      if (waiting !== undefined) yield* lineOf(waiting.text, waiting.number);
      waiting = isFirst ? undefined : { text, number };
      isFirst = false;
    }
    // The last line may be half-written at this moment, or was when the machine went down.
    if (waiting !== undefined && !isTorn) yield* lineOf(waiting.text, waiting.number);
  } finally {
    await file.close();
  }
}

function* lineOf(text: string, number: number): Iterable<AnchorRead> {
  if (text.endsWith(tornMark) && text.startsWith('{') && !isJson(text.slice(0, -tornMark.length)))
    return;
  const line = parse(text);
  yield line === undefined ? { damagedLine: number } : line;
}

function parse(text: string): AnchorLine | undefined {
  try {
    const told = JSON.parse(text) as { note?: unknown; leaves?: unknown } | null;
    if (typeof told?.note !== 'string') return undefined;
    return { note: told.note, leaves: bytesOf(typeof told.leaves === 'string' ? told.leaves : '') };
  } catch {
    return undefined;
  }
}

/** Without the room that `Buffer.from` keeps beyond the bytes: a million leaves are kept at once. */
function bytesOf(base64: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(base64, 'base64'));
  return bytes.subarray(0, bytes.write(base64, 'base64'));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
}

function unwritable(path: string, cause: unknown): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'audit_anchor_unwritable',
    message: `The audit log's anchors cannot be written to ${path}: ${messageOf(cause)}.`,
    next: 'Free space there, or let this user write; what waits is written with the next checkpoint.',
    details: { path },
    cause,
  });
}
