import { open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type pg from 'pg';
import { AppError } from '../../lib/app-error.ts';
import type { Random } from '../../lib/random.ts';
import { archiveFormat } from '../backup/container.ts';
import { writeSealedFile } from '../backup/sealed-file.ts';
import { openOwnSession } from '../database/own-session.ts';
import { type ArchiveFile, archiveFileName } from './archive-folder.ts';
import { parseLsn, segmentStart } from './lsn.ts';
import { readBaseFile, readPiece } from './read-archive.ts';
import type { BaseRecord, WalRecord } from './records.ts';
import { readWal, type WalShape } from './wal.ts';

/** Where a file of the archive is written, and whose log it is of. */
export interface ChainPlace extends WalShape {
  readonly id: string;
  readonly folder: string;
  readonly system: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/**
 * Writes a piece of the log, reads it back and only then gives it its name.
 * Throws AppError `archive_wal_gone`, `backup_unwritable`, `backup_altered`.
 */
export async function writePiece(
  chain: ChainPlace,
  walFolder: string,
  place: Omit<ArchiveFile, 'file'>,
  random: Pick<Random, 'bytes'>,
): Promise<ArchiveFile> {
  const { key, id, folder, system, timeline, segmentBytes } = chain;
  const { from, until, at } = place;
  const file = join(folder, archiveFileName('wal', place));
  const record: WalRecord = {
    type: 'wal',
    system,
    chain: id,
    timeline,
    segmentBytes,
    from,
    until,
    at: at.toISOString(),
    bytes: until - from,
  };
  const body = async function* (): AsyncGenerator<Buffer> {
    yield line(record);
    yield* readWal(walFolder, chain, from, until);
  };
  await writeSealedFile(
    {
      file,
      key,
      format: archiveFormat,
      body: body(),
      readBack: (draft) => readPiece({ ...place, file: draft }, key, chain),
    },
    { random },
  );
  return { ...place, file };
}

export interface BaseRequest {
  readonly chain: ChainPlace;
  /** Of the server, for a session that lasts as long as the copy. */
  readonly url: string;
  /** The server's folder. */
  readonly cluster: string;
  /** Version of this program. */
  readonly program: string;
  readonly signal: AbortSignal;
}

/**
 * Copies the folder of a server that works on, between pg_backup_start and pg_backup_stop (PostgreSQL, "Making a Base Backup
 * Using the Low Level API"): what is torn in the copy is mended by the log of the same time. Reads it back and only then
 * gives it its name. Throws AppError `backup_unwritable`, `backup_altered`, `archive_folder_unknown`.
 */
export async function writeBase(
  request: BaseRequest,
  random: Pick<Random, 'bytes'>,
): Promise<ArchiveFile> {
  const { chain, url, signal } = request;
  const client = await openOwnSession(url, 'archive');
  try {
    const started = await one<{ lsn: string; server: string }>(
      client,
      `select pg_backup_start('claude-manager', true)::text as lsn, current_setting('server_version') as server`,
    );
    const from = segmentStart(parseLsn(started.lsn), chain.segmentBytes);
    let named: ArchiveFile | null = null;
    await writeSealedFile(
      {
        // Its place is known when it is over.
        file: join(chain.folder, 'base'),
        key: chain.key,
        format: archiveFormat,
        body: baseBody(request, client, { from, server: started.server.split(' ')[0] ?? '' }),
        signal,
        readBack: async (draft) => {
          const { end } = await readBaseFile(draft, chain.key);
          const place = { from, until: end.until, at: new Date(end.at) };
          const name = archiveFileName('base', place);
          named = { ...place, file: join(chain.folder, name) };
          return named;
        },
        nameOf: ({ file }) => basename(file),
      },
      { random },
    );
    if (named === null) throw new Error('A base was written without its end.');
    return named;
  } finally {
    // Ends the backup on the server too when it did not come to its end.
    await client.end();
  }
}

async function* baseBody(
  { chain, cluster, program, signal }: BaseRequest,
  client: pg.Client,
  { from, server }: { readonly from: number; readonly server: string },
): AsyncGenerator<Buffer> {
  const { id, system, timeline, segmentBytes } = chain;
  yield line({ type: 'base', system, chain: id, timeline, segmentBytes, server, program });
  let [files, bytes] = [0, 0];
  const copied = async function* (path: string, chunks: AsyncIterable<Buffer>) {
    let isThere = false;
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      yield line({ type: 'part', path, bytes: chunk.length });
      yield chunk;
      bytes += chunk.length;
      isThere = true;
    }
    if (isThere) files += 1;
  };
  for await (const entry of walk(cluster, '')) {
    if (entry.isFolder) yield line({ type: 'folder', path: entry.path });
    else if (entry.path !== controlFile)
      yield* copied(entry.path, chunksOf(join(cluster, entry.path)));
  }
  // Last, so that it is not older than what it speaks of.
  yield* copied(controlFile, steady(join(cluster, controlFile)));
  const stopped = await one<{ lsn: string; label: string; at: Date }>(
    client,
    `select lsn::text as lsn, labelfile as label, clock_timestamp() as at from pg_backup_stop(false)`,
  );
  yield line({
    type: 'end',
    from,
    until: parseLsn(stopped.lsn),
    at: stopped.at.toISOString(),
    files,
    bytes,
    label: stopped.label,
  });
}

const controlFile = 'global/pg_control';

/** What a copy needs no content of: the log comes in pieces, the rest is made anew at a start. */
const emptied: ReadonlySet<string> = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);
const leftOut =
  /^(?:postmaster\.(?:pid|opts)|backup_label(?:\.old)?|tablespace_map(?:\.old)?|recovery\.signal|standby\.signal|postgresql\.auto\.conf\.tmp|current_logfiles(?:\.tmp)?)$|(?:^|\/)(?:pg_internal\.init|pgsql_tmp)[^/]*$/u;

async function* walk(
  root: string,
  below: string,
): AsyncGenerator<{ readonly path: string; readonly isFolder: boolean }> {
  const entries = await readdir(join(root, below), { withFileTypes: true }).catch(ifGone);
  for (const entry of entries ?? []) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (leftOut.test(path)) continue;
    if (entry.isDirectory()) {
      yield { path, isFolder: true };
      if (!emptied.has(path)) yield* walk(root, path);
    } else if (entry.isFile()) yield { path, isFolder: false };
    else throw unknownFolder(join(root, path));
  }
}

const chunkBytes = 256 * 1024;

/** A file as it is while it is read; a table may be dropped meanwhile. An empty one gives one empty chunk. */
async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  const handle = await open(file, 'r').catch(ifGone);
  if (handle === null) return;
  try {
    const { size } = await handle.stat();
    for (let at = 0; ; ) {
      // Most files are small, and one may have grown.
      const wanted = Math.min(chunkBytes, size - at > 0 ? size - at : 8192);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, at);
      if (bytesRead === 0 && at > 0) return;
      yield buffer.subarray(0, bytesRead);
      if (bytesRead === 0) return;
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/** A small file that nothing mends: read until two readings are the same. */
async function* steady(file: string): AsyncGenerator<Buffer> {
  for (let before = Buffer.alloc(0); ; ) {
    const chunks: Buffer[] = [];
    for await (const chunk of chunksOf(file)) chunks.push(chunk);
    const now = Buffer.concat(chunks);
    if (now.length > 0 && before.equals(now)) return yield now;
    before = now;
  }
}

function ifGone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

async function one<T extends pg.QueryResultRow>(client: pg.Client, text: string): Promise<T> {
  const [row] = (await client.query<T>(text)).rows;
  if (row === undefined) throw new Error('The database server did not answer.');
  return row;
}

function line(record: BaseRecord | WalRecord): Buffer {
  return Buffer.from(`${JSON.stringify(record)}\n`);
}

function unknownFolder(path: string): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'archive_folder_unknown',
    message: `${path} is neither a file nor a folder: an embedded database has no tablespaces or links.`,
    next: 'Set backup.archiveSeconds to 0, and keep backups of this database by other means.',
    details: { path, folder: dirname(path) },
  });
}
