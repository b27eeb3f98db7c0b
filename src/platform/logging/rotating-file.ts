import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface RotatingFileOptions {
  readonly path: string;
  /** The file is rotated before it grows over this. */
  readonly maxBytes: number;
  /** Rotated files kept. */
  readonly keep: number;
  /** It is also rotated when it was begun that long ago; null: never. */
  readonly maxAgeMs: number | null;
  /** Rotated files that were last written to that long ago are removed; null: never. */
  readonly keepMs: number | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Suffix of a rotated file: never twice the same, also not by another process, and in the order of time. */
  readonly stamp: () => string;
  /** What may wait in memory while the disk does not take it; more is dropped and counted, what is expendable first. */
  readonly maxWaitingBytes: number;
  /** A full disk is tried again after this. */
  readonly retryMs: number;
  /** Lines wait so long for others before the disk is asked: for what another file has at once; 0: not at all. */
  readonly gatherMs?: number;
  /** The line that tells of dropped ones, once the disk takes lines again. */
  readonly lossLine: (count: number) => string;
}

export interface RotatingFile {
  /** Takes a whole line with its line end; never throws, never waits. An expendable one makes room for others. */
  write(line: string, isExpendable?: boolean): void;
  /** Waits until everything so far is with the system, or the disk refuses it. */
  flush(): Promise<void>;
  close(): Promise<void>;
  /** Lines that were dropped because the disk did not take them. */
  dropped(): number;
}

interface Line {
  readonly text: string;
  readonly bytes: number;
  readonly isExpendable: boolean;
}

interface State {
  lines: Line[];
  /** Whether a line that waits may be dropped for others. */
  hasExpendable: boolean;
  waitingBytes: number;
  /** The part of a batch that a failing disk did not take: it goes first, so that no line is torn. */
  rest: Buffer | null;
  handle: FileHandle | null;
  size: number;
  /** When the file was begun, in milliseconds since 1970. */
  begunAt: number;
  pump: Promise<void> | null;
  retry: NodeJS.Timeout | null;
  gathering: NodeJS.Timeout | null;
  dropped: number;
  untold: number;
  closed: boolean;
}

const batchLines = 1000;
/** Bytes that wait for no others. */
const gatheredBytes = 65_536;

/** A log file that is appended to and rotated by size, without losing or tearing a line. */
export function createRotatingFile(options: RotatingFileOptions): RotatingFile {
  const state: State = {
    lines: [],
    hasExpendable: false,
    waitingBytes: 0,
    rest: null,
    handle: null,
    size: 0,
    begunAt: 0,
    pump: null,
    retry: null,
    gathering: null,
    dropped: 0,
    untold: 0,
    closed: false,
  };
  start(options, state);
  return {
    write: (text, isExpendable = false) => {
      const bytes = Buffer.byteLength(text);
      const isFull = (): boolean => state.waitingBytes + bytes > options.maxWaitingBytes;
      if (isFull() && !isExpendable && state.hasExpendable) dropExpendable(state);
      if (state.closed || isFull()) {
        state.dropped += 1;
        state.untold += 1;
        return;
      }
      state.lines.push({ text, bytes, isExpendable });
      state.hasExpendable ||= isExpendable;
      state.waitingBytes += bytes;
      if (state.retry !== null || state.pump !== null) return;
      if (state.waitingBytes >= gatheredBytes) start(options, state);
      else startSoon(options, state);
    },
    flush: async () => {
      if (state.retry !== null || state.gathering !== null) start(options, state);
      while (state.pump !== null) await state.pump;
    },
    close: async () => {
      state.closed = true;
      if (state.gathering !== null) start(options, state);
      while (state.pump !== null) await state.pump;
      if (state.retry !== null) clearTimeout(state.retry);
      await state.handle?.close();
      state.handle = null;
    },
    dropped: () => state.dropped,
  };
}

function dropExpendable(state: State): void {
  const kept = state.lines.filter(({ isExpendable }) => !isExpendable);
  const count = state.lines.length - kept.length;
  state.hasExpendable = false;
  state.waitingBytes -= state.lines.reduce(
    (sum, { bytes, isExpendable }) => (isExpendable ? sum + bytes : sum),
    0,
  );
  state.lines = kept;
  state.dropped += count;
  state.untold += count;
}

function startSoon(options: RotatingFileOptions, state: State): void {
  const { gatherMs = 0 } = options;
  if (gatherMs === 0) start(options, state);
  else state.gathering ??= setTimeout(() => start(options, state), gatherMs).unref();
}

function start(options: RotatingFileOptions, state: State): void {
  if (state.pump !== null) return;
  if (state.retry !== null) clearTimeout(state.retry);
  if (state.gathering !== null) clearTimeout(state.gathering);
  state.retry = null;
  state.gathering = null;
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
  if (state.handle === null) {
    state.handle = await openEnd(options, state);
    await removeOld(options);
  }
  while (state.rest !== null || state.lines.length > 0) {
    if (state.rest === null) await next(options, state);
    await writeRest(state);
    if (state.untold > 0) {
      const text = options.lossLine(state.untold);
      state.lines.push({ text, bytes: Buffer.byteLength(text), isExpendable: false });
      state.waitingBytes += Buffer.byteLength(text);
      state.untold = 0;
    }
  }
}

/** Takes as many lines as still fit in the file; rotates first when not even one does, or when the file is old. */
async function next(options: RotatingFileOptions, state: State): Promise<void> {
  const first = state.lines[0]?.bytes ?? 0;
  const { maxAgeMs, now } = options;
  const isOld = maxAgeMs !== null && now() - state.begunAt >= maxAgeMs;
  if (state.size > 0 && (isOld || state.size + first > options.maxBytes))
    await rotate(options, state);
  let count = 0;
  let bytes = 0;
  for (const { bytes: more } of state.lines.slice(0, batchLines)) {
    if (count > 0 && state.size + bytes + more > options.maxBytes) break;
    count += 1;
    bytes += more;
  }
  const taken = state.lines.splice(0, count);
  state.rest = Buffer.from(taken.map(({ text }) => text).join(''));
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
  const fresh = await openEnd(options, state);
  await state.handle?.close();
  state.handle = fresh;
  await removeOld(options);
}

/** Those that are too many, and those that are too old. */
async function removeOld({ path, keep, keepMs, now }: RotatingFileOptions): Promise<void> {
  const start = `${basename(path)}.`;
  const names = (await readdir(dirname(path))).filter((name) => name.startsWith(start)).sort();
  const tooMany = Math.max(0, names.length - keep);
  for (const [place, name] of names.entries()) {
    const file = join(dirname(path), name);
    const writtenAt = keepMs === null ? null : ((await statOrNull(file))?.mtimeMs ?? null);
    const isOld = keepMs !== null && writtenAt !== null && now() - writtenAt > keepMs;
    if (place < tooMany || isOld) await rm(file, { force: true });
  }
}

async function openEnd({ path, now }: RotatingFileOptions, state: State): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, 'a+', 0o640);
  try {
    const { size, birthtimeMs } = await handle.stat();
    state.size = size + (await endLine(handle, size));
    state.begunAt = size === 0 ? now() : birthtimeMs;
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A line that a kill cut off stays alone; answers how many bytes that took. */
async function endLine(handle: FileHandle, size: number): Promise<number> {
  if (size === 0) return 0;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (bytesRead === 0 || buffer.toString() === '\n') return 0;
  return (await handle.write('\n')).bytesWritten;
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
