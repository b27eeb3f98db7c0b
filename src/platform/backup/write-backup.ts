import { createHash } from 'node:crypto';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { Database } from '../database/database.ts';
import { openOwnSession } from '../database/own-session.ts';
import { backupFormat } from './container.ts';
import type { BackupManifest, BackupRecord, TableEnd } from './manifest.ts';
import { openBackup } from './open-backup.ts';
import { thenClosed, writeSealedFile } from './sealed-file.ts';
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
  const { file, key, signal } = request;
  const client = await openOwnSession(request.database.url, 'backup');
  try {
    // The text of a moment must not depend on where the server stands.
    await client.query("set timezone to 'UTC'");
    await client.query('begin isolation level repeatable read, read only');
    return await writeSealedFile(
      {
        file,
        key,
        format: backupFormat,
        body: body(client, request, clock),
        signal,
        readBack: async (draft) => {
          await client.query('commit');
          const written = await openBackup(draft, key);
          const manifest = await thenClosed(written, written.verify());
          return { manifest, bytes: written.bytes };
        },
      },
      { random },
    );
  } finally {
    await client.end();
  }
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
