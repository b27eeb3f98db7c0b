import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface RotatingFileOptions {
  readonly path: string;
  /** The file is rotated before it grows over this. */
  readonly maxBytes: number;
  /** Rotated files kept. */
  readonly keep: number;
  /** Suffix of a rotated file: never twice the same, also not by another process, and in the order of time. */
  readonly stamp: () => string;
  /** What may wait in memory while the disk does not take it; more is dropped and counted. */
  readonly maxWaitingBytes: number;
  /** A full disk is tried again after this. */
  readonly retryMs: number;
  /** The line that tells of dropped ones, once the disk takes lines again. */
  readonly lossLine: (count: number) => string;
}

export interface RotatingFile {
  /** Takes a whole line with its line end; never throws, never waits. */
  write(line: string): void;
  /** Waits until everything so far is with the system, or the disk refuses it. */
  flush(): Promise<void>;
  close(): Promise<void>;
  /** Lines that were dropped because the disk did not take them. */
  dropped(): number;
}

interface State {
  readonly lines: string[];
  waitingBytes: number;
  /** The part of a batch that a failing disk did not take: it goes first, so that no line is torn. */
  rest: Buffer | null;
  handle: FileHandle | null;
  size: number;
  pump: Promise<void> | null;
  retry: NodeJS.Timeout | null;
  dropped: number;
  untold: number;
  closed: boolean;
}

const batchLines = 1000;

/** A log file that is appended to and rotated by size, without losing or tearing a line. */
export function createRotatingFile(options: RotatingFileOptions): RotatingFile {
  const state: State = {
    lines: [],
    waitingBytes: 0,
    rest: null,
    handle: null,
    size: 0,
    pump: null,
    retry: null,
    dropped: 0,
    untold: 0,
    closed: false,
  };
  start(options, state);
  return {
    write: (line) => {
      const bytes = Buffer.byteLength(line);
      if (state.closed || state.waitingBytes + bytes > options.maxWaitingBytes) {
        state.dropped += 1;
        state.untold += 1;
        return;
      }
      state.lines.push(line);
      state.waitingBytes += bytes;
      if (state.retry === null) start(options, state);
    },
    flush: async () => {
      if (state.retry !== null) start(options, state);
      while (state.pump !== null) await state.pump;
    },
    close: async () => {
      state.closed = true;
      while (state.pump !== null) await state.pump;
      if (state.retry !== null) clearTimeout(state.retry);
      await state.handle?.close();
      state.handle = null;
    },
    dropped: () => state.dropped,
  };
}

function start(options: RotatingFileOptions, state: State): void {
  if (state.pump !== null) return;
  if (state.retry !== null) clearTimeout(state.retry);
  state.retry = null;
  state.pump = attempt(options, state);
}

async function attempt(options: RotatingFileOptions, state: State): Promise<void> {
  let taken = true;
  try {
    await drain(options, state);
  } catch {
    taken = false;
  }
  state.pump = null;
  if (!taken && !state.closed)
    state.retry = setTimeout(() => start(options, state), options.retryMs).unref();
  else if (taken && state.lines.length > 0) start(options, state);
}

async function drain(options: RotatingFileOptions, state: State): Promise<void> {
  state.handle ??= await openEnd(options.path, state);
  while (state.rest !== null || state.lines.length > 0) {
    if (state.rest === null) await next(options, state);
    await writeRest(state);
    if (state.untold > 0) {
      state.lines.push(options.lossLine(state.untold));
      state.untold = 0;
    }
  }
}

/** Takes as many lines as still fit in the file; rotates first when not even one does. */
async function next(options: RotatingFileOptions, state: State): Promise<void> {
  const first = Buffer.byteLength(state.lines[0] ?? '');
  if (state.size > 0 && state.size + first > options.maxBytes) await rotate(options, state);
  let count = 0;
  let bytes = 0;
  for (const line of state.lines.slice(0, batchLines)) {
    const more = Buffer.byteLength(line);
    if (count > 0 && state.size + bytes + more > options.maxBytes) break;
    count += 1;
    bytes += more;
  }
  state.rest = Buffer.from(state.lines.splice(0, count).join(''));
}

async function writeRest(state: State): Promise<void> {
  while (state.rest !== null && state.handle !== null) {
    const { bytesWritten } = await state.handle.write(state.rest);
    state.size += bytesWritten;
    state.waitingBytes = Math.max(0, state.waitingBytes - bytesWritten);
    state.rest = bytesWritten < state.rest.length ? state.rest.subarray(bytesWritten) : null;
  }
}

async function rotate(options: RotatingFileOptions, state: State): Promise<void> {
  const { path, stamp } = options;
  const ours = await state.handle?.stat();
  const there = await statOrNull(path);
  // Another process on the same folder may have rotated already: then only follow it.
  if (ours !== undefined && there?.ino === ours.ino)
    await renameIfThere(path, `${path}.${stamp()}`);
  const fresh = await openEnd(path, state);
  await state.handle?.close();
  state.handle = fresh;
  await removeOldest(options);
}

async function removeOldest({ path, keep }: RotatingFileOptions): Promise<void> {
  const start = `${basename(path)}.`;
  const names = (await readdir(dirname(path))).filter((name) => name.startsWith(start)).sort();
  for (const name of names.slice(0, Math.max(0, names.length - keep)))
    await rm(join(dirname(path), name), { force: true });
}

async function openEnd(path: string, state: State): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, 'a', 0o640);
  state.size = (await handle.stat()).size;
  return handle;
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function statOrNull(path: string) {
  try {
    return await stat(path);
  } catch {
    return null;
  }
}
