import { createHash, timingSafeEqual } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { altered, backupError } from './backup-error.ts';
import { createSealer, formatName, keyIdOf, magic, readSeal, sealBytes } from './container.ts';
import { type BackupManifest, BackupRecord, type TableEnd, type TableHead } from './manifest.ts';

/** A backup file whose seal was found good. It stays open, so that nobody changes it under a reader. */
export interface BackupFile {
  /** Of the file. */
  readonly bytes: number;
  /** Reads all of it and answers what is in it. Throws AppError `backup_altered`. */
  verify(): Promise<BackupManifest>;
  /** Reads all of it once more and hands each table over; the same checks. */
  read(into: TableSink): Promise<BackupManifest>;
  close(): Promise<void>;
}

export interface TableSink {
  begin(table: TableHead): Promise<void>;
  rows(bytes: Buffer): Promise<void>;
  end(table: TableEnd): Promise<void>;
}

/**
 * Opens a backup and checks its seal over every byte, before anything in it is read.
 * Throws AppError `backup_not_found`, `backup_unreadable`, `backup_foreign`, `backup_format_newer`, `backup_cut`,
 * `backup_key_wrong`, `backup_altered`.
 */
export async function openBackup(file: string, key: Uint8Array): Promise<BackupFile> {
  const handle = await open(file, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw cannotOpen(file, cause);
  });
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw foreign(file);
    await requireSeal(file, handle, info.size, key);
    const read = (sink: TableSink): Promise<BackupManifest> =>
      readBody(file, handle, info.size, sink);
    return { bytes: info.size, verify: () => read(noSink), read, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const noSink: TableSink = {
  begin: async () => undefined,
  rows: async () => undefined,
  end: async () => undefined,
};

async function requireSeal(
  file: string,
  handle: FileHandle,
  size: number,
  key: Uint8Array,
): Promise<void> {
  const start = await bytesAt(handle, 0, Math.min(size, 64));
  if (!start.subarray(0, magic.length).equals(magic)) {
    const said = start.toString('latin1');
    throw said.startsWith(`${formatName} `) && /^\S+ \d+\n/u.test(said)
      ? newer(file)
      : foreign(file);
  }
  const end = size - sealBytes;
  const seal = end < magic.length ? null : readSeal(await bytesAt(handle, end, sealBytes));
  if (seal === null) throw cut(file);
  if (seal.keyId !== keyIdOf(key)) throw wrongKey(file, seal.keyId);
  const sealer = createSealer(key);
  for await (const chunk of span(handle, 0, end)) sealer.update(chunk);
  if (!timingSafeEqual(sealer.digest(), seal.mac)) throw altered(file, 'its seal does not fit');
}

async function readBody(
  file: string,
  handle: FileHandle,
  size: number,
  sink: TableSink,
): Promise<BackupManifest> {
  const counted: Omit<TableEnd, 'type'>[] = [];
  let table: TableHead | null = null;
  let sum = createHash('sha256');
  let [rows, bytes] = [0, 0];
  let manifest: BackupManifest | null = null;
  for await (const { record, data } of records(file, handle, size)) {
    if (manifest !== null) throw altered(file, 'something follows its manifest');
    if (record.type === 'manifest') {
      manifest = record;
    } else if (record.type === 'table') {
      if (table !== null) throw altered(file, `${table.name} does not end`);
      table = record;
      sum = createHash('sha256');
      [rows, bytes] = [0, 0];
      await sink.begin(record);
    } else if (table === null) {
      throw altered(file, 'there are rows outside a table');
    } else if (record.type === 'rows') {
      sum.update(data);
      rows += lineEnds(data);
      bytes += data.length;
      await sink.rows(data);
    } else {
      const { area, name } = table;
      const found = { area, name, rows, bytes, sha256: sum.digest('hex') };
      if (!isSame(found, record))
        throw altered(file, `the rows of ${name} are not those it counted`);
      counted.push(found);
      await sink.end(record);
      table = null;
    }
  }
  if (manifest === null) throw altered(file, 'it has no manifest');
  const listed = manifest.tables;
  if (
    listed.length !== counted.length ||
    !listed.every((one, index) => isSame(one, counted[index]))
  )
    throw altered(file, 'its manifest names other tables');
  return manifest;
}

function isSame(one: Omit<TableEnd, 'type'>, other: Omit<TableEnd, 'type'> | undefined): boolean {
  return (['area', 'name', 'rows', 'bytes', 'sha256'] as const).every(
    (member) => one[member] === other?.[member],
  );
}

function lineEnds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}

/** No line of a body is longer: a table of a thousand columns stays far below. */
const longestLine = 16 * 1024 * 1024;

/** The body cut into its records; `data` is empty for all but rows. */
async function* records(
  file: string,
  handle: FileHandle,
  size: number,
): AsyncGenerator<{ readonly record: BackupRecord; readonly data: Buffer }> {
  let held: Buffer = Buffer.alloc(0);
  const source = plain(file, handle, size)[Symbol.asyncIterator]();
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
    const record = recordOf(file, held.subarray(0, end));
    held = held.subarray(end + 1);
    if (record.type !== 'rows') {
      yield { record, data: Buffer.alloc(0) };
      continue;
    }
    for (let left = record.bytes; left > 0; ) {
      if (held.length === 0 && !(await more())) throw altered(file, 'it ends inside rows');
      const data = held.subarray(0, left);
      held = held.subarray(data.length);
      left -= data.length;
      yield { record: { type: 'rows', bytes: data.length }, data };
    }
  }
}

function recordOf(file: string, bytes: Buffer): BackupRecord {
  try {
    return BackupRecord.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw altered(file, 'a line of it cannot be read', cause);
  }
}

async function* plain(file: string, handle: FileHandle, size: number): AsyncGenerator<Buffer> {
  const unpacked = createZstdDecompress();
  const packed = Readable.from(span(handle, magic.length, size - sealBytes));
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

/** Waits for the last reading of a backup, and closes it however that ends. */
export async function thenClosed<T>(
  backup: Pick<BackupFile, 'close'>,
  reading: Promise<T>,
): Promise<T> {
  try {
    return await reading;
  } finally {
    await backup.close();
  }
}
