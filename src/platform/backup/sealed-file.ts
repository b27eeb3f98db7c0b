import { timingSafeEqual } from 'node:crypto';
import { type FileHandle, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Random } from '../../lib/random.ts';
import { syncFolder } from '../../lib/sync-folder.ts';
import { altered, backupError } from './backup-error.ts';
import {
  createSealer,
  keyIdOf,
  readSeal,
  type SealedFormat,
  sealBytes,
  sealLine,
} from './container.ts';

/** A file whose seal was found good. It stays open, so that nobody changes it under a reader. */
export interface SealedFile {
  /** Of the file. */
  readonly bytes: number;
  /** Its body, unpacked. Throws AppError `backup_altered`. */
  plain(): AsyncGenerator<Buffer>;
  close(): Promise<void>;
}

/**
 * Opens a file and checks its seal over every byte, before anything in it is read.
 * Throws AppError `backup_not_found`, `backup_unreadable`, `backup_foreign`, `backup_format_newer`, `backup_cut`,
 * `backup_key_wrong`, `backup_altered`.
 */
export async function openSealed(
  file: string,
  key: Uint8Array,
  format: SealedFormat,
): Promise<SealedFile> {
  const handle = await open(file, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw cannotOpen(file, cause);
  });
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw foreign(file);
    await requireSeal(file, handle, info.size, key, format);
    return {
      bytes: info.size,
      plain: () => unpack(file, handle, format.magic.length, info.size - sealBytes),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export interface SealedRequest<T> {
  /** Must not be there yet. */
  readonly file: string;
  /** 32 bytes; needed again to read it. */
  readonly key: Uint8Array;
  readonly format: SealedFormat;
  readonly body: AsyncIterable<Buffer>;
  readonly signal?: AbortSignal | undefined;
  /** Reads what was written, before it gets its name. */
  readonly readBack: (draft: string) => Promise<T>;
  /** Another name in the same folder, known only from what was read back. */
  readonly nameOf?: (answer: T) => string;
}

/**
 * Writes a sealed file, mode 0600, reads it back and only then gives it its name. A kill leaves at most a file that ends
 * in `.part`. Throws AppError `backup_exists`, `backup_unwritable`, and what the body and the reader throw.
 */
export async function writeSealedFile<T>(
  { file, key, format, body, signal, readBack, nameOf }: SealedRequest<T>,
  { random }: { readonly random: Pick<Random, 'bytes'> },
): Promise<T> {
  const draft = `${file}.${random.bytes(6).toString('hex')}.part`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(draft, 'wx', 0o600);
    try {
      await writeSealed(handle, key, format, body, signal);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const answer = await readBack(draft);
    await giveName(draft, nameOf === undefined ? file : join(dirname(file), nameOf(answer)));
    return answer;
  } catch (cause) {
    throw fromSystem(file, cause);
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeSealed(
  handle: FileHandle,
  key: Uint8Array,
  { magic }: SealedFormat,
  records: AsyncIterable<Buffer>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const sealer = createSealer(key);
  const put = async (bytes: Buffer): Promise<void> => {
    for (let from = 0; from < bytes.length; )
      from += (await handle.write(bytes, from)).bytesWritten;
  };
  const sealed = async (bytes: Buffer): Promise<void> => {
    sealer.update(bytes);
    await put(bytes);
  };
  await sealed(magic);
  await pipeline(
    Readable.from(records, { objectMode: false }),
    createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
    async (compressed: AsyncIterable<Buffer>) => {
      for await (const chunk of compressed) await sealed(chunk);
    },
    signal === undefined ? {} : { signal },
  );
  await put(sealLine(key, sealer));
}

/** Never over a file that is there; a file system without hard links gets a rename. */
async function giveName(draft: string, file: string): Promise<void> {
  try {
    await link(draft, file);
  } catch (cause) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(cause))) throw cause;
    await requireFree(file);
    await rename(draft, file);
  }
  await syncFolder(dirname(file));
}

async function requireFree(file: string): Promise<void> {
  await (await open(file, 'wx', 0o600)).close();
}

function fromSystem(file: string, cause: unknown): unknown {
  const code = codeOf(cause);
  if (code === 'EEXIST')
    return backupError(
      'backup_exists',
      file,
      `${file} is there already, and a backup is never written over another file.`,
      'Name another file.',
      { kind: 'conflict', cause },
    );
  if (['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EISDIR', 'EIO'].includes(code))
    return backupError(
      'backup_unwritable',
      file,
      `${file} cannot be written (${code}). No backup was made.`,
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'Free space there, or name another folder.'
        : 'Check the folder and its permissions.',
      { kind: 'unavailable', cause },
    );
  return cause;
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

async function requireSeal(
  file: string,
  handle: FileHandle,
  size: number,
  key: Uint8Array,
  format: SealedFormat,
): Promise<void> {
  const { magic, name } = format;
  const start = await bytesAt(handle, 0, Math.min(size, 64));
  if (!start.subarray(0, magic.length).equals(magic)) {
    const said = start.toString('latin1');
    throw said.startsWith(`${name} `) && /^\S+ \d+\n/u.test(said) ? newer(file) : foreign(file);
  }
  const end = size - sealBytes;
  const seal = end < magic.length ? null : readSeal(await bytesAt(handle, end, sealBytes));
  if (seal === null) throw cut(file);
  if (seal.keyId !== keyIdOf(key)) throw wrongKey(file, seal.keyId);
  const sealer = createSealer(key);
  for await (const chunk of span(handle, 0, end)) sealer.update(chunk);
  if (!timingSafeEqual(sealer.digest(), seal.mac)) throw altered(file, 'its seal does not fit');
}

/** No line of a body is longer: a table of a thousand columns stays far below. */
const longestLine = 16 * 1024 * 1024;

/** How a body is cut into records: each is a line of JSON, and bytes may follow. */
export interface RecordShape<R> {
  /** Throws when it is none. */
  readonly parse: (value: unknown) => R;
  /** So many bytes follow the line; null for none. */
  readonly follows: (record: R) => number | null;
}

/** The records of a body. One that bytes follow comes once for each lot of them that was read. */
export async function* readRecords<R>(
  file: string,
  sealed: Pick<SealedFile, 'plain'>,
  { parse, follows }: RecordShape<R>,
): AsyncGenerator<{ readonly record: R; readonly data: Buffer }> {
  let held: Buffer = Buffer.alloc(0);
  const source = sealed.plain()[Symbol.asyncIterator]();
  const more = async (): Promise<boolean> => {
    const next = await source.next();
    if (next.done === true) return false;
    held = held.length === 0 ? next.value : Buffer.concat([held, next.value]);
    return true;
  };
  for (;;) {
    let end = held.indexOf(10);
    while (end === -1) {
      if (held.length > longestLine) throw altered(file, 'a line has no end');
      if (!(await more())) {
        if (held.length > 0) throw altered(file, 'it ends inside a line');
        return;
      }
      end = held.indexOf(10);
    }
    const record = recordOf(file, held.subarray(0, end), parse);
    held = held.subarray(end + 1);
    const bytes = follows(record);
    if (bytes === null || bytes === 0) yield { record, data: Buffer.alloc(0) };
    for (let left = bytes ?? 0; left > 0; ) {
      if (held.length === 0 && !(await more())) throw altered(file, 'it ends inside rows');
      const data = held.subarray(0, left);
      held = held.subarray(data.length);
      left -= data.length;
      yield { record, data };
    }
  }
}

function recordOf<R>(file: string, bytes: Buffer, parse: (value: unknown) => R): R {
  try {
    return parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw altered(file, 'a line of it cannot be read', cause);
  }
}

async function* unpack(
  file: string,
  handle: FileHandle,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  const unpacked = createZstdDecompress();
  const packed = Readable.from(span(handle, start, end));
  packed.on('error', (error) => unpacked.destroy(error));
  try {
    yield* packed.pipe(unpacked) as AsyncIterable<Buffer>;
  } catch (cause) {
    throw cause instanceof AppError ? cause : altered(file, messageOf(cause), cause);
  } finally {
    packed.destroy();
    unpacked.destroy();
  }
}

const chunkBytes = 256 * 1024;

/** The bytes of the open file from `start` up to, not including, `end`. A stream of the handle would close it. */
async function* span(handle: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; ) {
    const bytes = await bytesAt(handle, at, Math.min(chunkBytes, end - at));
    if (bytes.length === 0) return;
    at += bytes.length;
    yield bytes;
  }
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function cannotOpen(file: string, cause: NodeJS.ErrnoException): AppError {
  if (cause.code === 'ENOENT')
    return backupError(
      'backup_not_found',
      file,
      `There is no file ${file}.`,
      'See `claude-manager backups list`.',
      { kind: 'not_found', cause },
    );
  return backupError(
    'backup_unreadable',
    file,
    `${file} cannot be opened (${cause.code ?? messageOf(cause)}).`,
    'Check its permissions.',
    { kind: 'unavailable', cause },
  );
}

function foreign(file: string): AppError {
  return backupError(
    'backup_foreign',
    file,
    `${file} is no backup of Claude Manager.`,
    'Name a file that `claude-manager backup` wrote.',
    { kind: 'invalid_input' },
  );
}

function newer(file: string): AppError {
  return backupError(
    'backup_format_newer',
    file,
    `${file} has a format that this version does not know.`,
    'Restore it with the version of Claude Manager that wrote it, or a newer one.',
    { kind: 'conflict' },
  );
}

function cut(file: string): AppError {
  return backupError(
    'backup_cut',
    file,
    `${file} is cut off: its seal is missing. Nothing of it was used.`,
    'Copy it again, or take another backup; see `claude-manager backups list`.',
  );
}

function wrongKey(file: string, keyId: string): AppError {
  return backupError(
    'backup_key_wrong',
    file,
    `${file} was sealed with another key (${keyId}) than keys/backup.key of this data folder.`,
    'Put the keys folder of the system that wrote it into the data folder.',
  );
}

/** Waits for the last reading of a file, and closes it however that ends. */
export async function thenClosed<T>(
  backup: Pick<SealedFile, 'close'>,
  reading: Promise<T>,
): Promise<T> {
  try {
    return await reading;
  } finally {
    await backup.close();
  }
}
