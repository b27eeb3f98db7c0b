import { createHash } from 'node:crypto';
import { type FileHandle, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { connectionError } from '../database/connection-error.ts';
import type { Database } from '../database/database.ts';
import { backupError } from './backup-error.ts';
import { createSealer, magic, sealLine } from './container.ts';
import type { BackupManifest, BackupRecord, TableEnd } from './manifest.ts';
import { openBackup, thenClosed } from './open-backup.ts';
import {
  columnList,
  quoted,
  sequencesOf,
  type TableShape,
  tablesOf,
  versionsOf,
} from './snapshot.ts';

export interface BackupRequest {
  readonly database: Pick<Database, 'url' | 'kind' | 'version'>;
  /** Must not be there yet. */
  readonly file: string;
  /** 32 bytes; needed again to restore. */
  readonly key: Uint8Array;
  /** Version of this program. */
  readonly program: string;
  readonly signal?: AbortSignal | undefined;
}

export interface WrittenBackup {
  readonly manifest: BackupManifest;
  /** Of the file. */
  readonly bytes: number;
}

/**
 * Writes both schemas as they are in one snapshot, while everything goes on, reads the file again and only then gives it
 * its name, mode 0600. A kill leaves at most a file that ends in `.part`.
 * Throws AppError `backup_exists`, `backup_unwritable`, `database_unreachable`, `database_refused`, `backup_altered`.
 */
export async function writeBackup(
  request: BackupRequest,
  { clock, random }: { readonly clock: Pick<Clock, 'now'>; readonly random: Pick<Random, 'bytes'> },
): Promise<WrittenBackup> {
  const { file, key } = request;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${random.bytes(6).toString('hex')}.part`;
  try {
    await writeDraft(request, draft, clock);
    const written = await openBackup(draft, key);
    const manifest = await thenClosed(written, written.verify());
    await giveName(draft, file);
    return { manifest, bytes: written.bytes };
  } catch (cause) {
    throw fromSystem(file, cause);
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeDraft(
  request: BackupRequest,
  draft: string,
  clock: Pick<Clock, 'now'>,
): Promise<void> {
  const handle = await open(draft, 'wx', 0o600);
  try {
    const client = await connected(request.database.url);
    try {
      await client.query('begin isolation level repeatable read, read only');
      await writeSealed(handle, request.key, body(client, request, clock), request.signal);
      await client.query('commit');
    } finally {
      await client.end();
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'claude-manager backup',
    keepAlive: true,
    connectionTimeoutMillis: 15_000,
  });
  client.on('error', () => undefined); // the query under way rejects as well
  try {
    await client.connect();
    // The text of a moment must not depend on where the server stands.
    await client.query("set timezone to 'UTC'");
    return client;
  } catch (cause) {
    throw connectionError(url, cause);
  }
}

async function writeSealed(
  handle: FileHandle,
  key: Uint8Array,
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

async function* body(
  client: pg.Client,
  { database, program }: BackupRequest,
  clock: Pick<Clock, 'now'>,
): AsyncGenerator<Buffer> {
  // The snapshot is taken by the first query.
  const shapes = await tablesOf(client);
  const createdAt = clock.now().toISOString();
  const tables: Omit<TableEnd, 'type'>[] = [];
  for (const shape of shapes) {
    const { area, name, columns } = shape;
    yield line({ type: 'table', area, name, columns });
    const told = yield* rowsOf(client, shape);
    tables.push({ area, name, ...told });
    yield line({ type: 'end', area, name, ...told });
  }
  const { migrations, engineVersion } = await versionsOf(client);
  yield line({
    type: 'manifest',
    createdAt,
    program,
    server: database.version,
    kind: database.kind,
    migrations: [...migrations],
    engineVersion,
    tables,
    sequences: [...(await sequencesOf(client))],
  });
}

const batchBytes = 256 * 1024;

/** The rows of a table in COPY's text format: one line a row, for a line end inside a value is escaped. */
async function* rowsOf(
  client: pg.Client,
  { schema, name, columns }: TableShape,
): AsyncGenerator<Buffer, Pick<TableEnd, 'rows' | 'bytes' | 'sha256'>> {
  const hash = createHash('sha256');
  const stream = client.query(
    copyTo(`copy ${quoted(schema, name)} (${columnList(columns)}) to stdout`),
  );
  let [bytes, waiting, size] = [0, [] as Buffer[], 0];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    waiting.push(chunk);
    size += chunk.length;
    if (size < batchBytes) continue;
    yield line({ type: 'rows', bytes: size });
    yield* waiting;
    [waiting, size] = [[], 0];
  }
  if (size > 0) {
    yield line({ type: 'rows', bytes: size });
    yield* waiting;
  }
  return { rows: stream.rowCount, bytes, sha256: hash.digest('hex') };
}

function line(record: BackupRecord): Buffer {
  return Buffer.from(`${JSON.stringify(record)}\n`);
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
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
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
