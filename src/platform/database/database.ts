import { Kysely, PostgresDialect } from 'kysely';
import { Client, Pool, types } from 'pg';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Random } from '../../lib/random.ts';
import { useEmbedded } from './supervisor.ts';

/** An open database: one pool, and the address for the durable engine. Generic, because this room knows no tables. */
export interface Database<Tables> {
  readonly url: string;
  readonly kind: 'embedded' | 'external';
  /** As the server says it, for example `18.4`. */
  readonly version: string;
  readonly db: Kysely<Tables>;
  readonly pool: Pool;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** An external server; null = embedded in the data folder. */
  readonly url: string | null;
  readonly dataDir: string;
  readonly poolSize: number;
  readonly onError: (error: Error) => void;
}

/** Opens the database. AppErrors `database_unreachable`, `postgres_missing`, `database_start_failed` say what to do. */
export async function openDatabase<Tables>(
  options: DatabaseOptions,
  deps: { readonly random: Random; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<Database<Tables>> {
  const server = options.url === null ? await useEmbedded(options.dataDir, deps) : null;
  const url = server?.url ?? options.url ?? '';
  const pool = new Pool({
    connectionString: url,
    max: options.poolSize,
    connectionTimeoutMillis: 10_000,
    types: { getTypeParser: numbers },
  });
  pool.on('error', options.onError);
  const close = async (): Promise<void> => {
    await pool.end();
    await server?.release();
  };
  try {
    const version = await check(pool);
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
    return { url, kind: server === null ? 'external' : 'embedded', version, db, pool, close };
  } catch (thrown) {
    await close();
    throw thrown instanceof AppError ? thrown : unreachable(thrown, server === null);
  }
}

/** A connection of its own, for session locks and notifications. */
export async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  return client;
}

/** int8 as a number: our counters stay below 2^53. Everything else as pg reads it. */
function numbers(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === types.builtins.INT8) return Number;
  return types.getTypeParser(oid, format as 'text') as (value: string) => unknown;
}

/** A commit that is answered must be on disk: refuses a server that was told otherwise. */
async function check(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ version: string; fsync: string; commit: string }>(
    "select current_setting('server_version') as version, current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit",
  );
  const [row] = rows;
  if (row === undefined || row.fsync !== 'on' || row.commit === 'off') {
    throw new AppError({
      kind: 'unavailable',
      code: 'database_not_durable',
      message: `The database answers before data is on disk (fsync=${row?.fsync ?? '?'}, synchronous_commit=${row?.commit ?? '?'}).`,
      next: 'Set fsync=on and synchronous_commit=on on the server.',
    });
  }
  if (Number.parseInt(row.version, 10) < 15) {
    throw new AppError({
      kind: 'unavailable',
      code: 'database_too_old',
      message: `PostgreSQL ${row.version} is too old; 15 to 18 are known to work.`,
      next: 'Point DATABASE_URL at a newer server.',
    });
  }
  return row.version.split(' ')[0] ?? row.version;
}

function unreachable(cause: unknown, isExternal: boolean): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'database_unreachable',
    message: `The database cannot be reached: ${messageOf(cause)}`,
    next: isExternal
      ? 'Check DATABASE_URL and that the server runs.'
      : 'Run `claude-manager doctor`.',
    cause,
  });
}
