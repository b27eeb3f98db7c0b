import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Random } from '../../lib/random.ts';
import { connectionError, isStartingUp } from './connection-error.ts';
import type { BinarySources } from './embedded/binaries.ts';
import { databaseName } from './embedded/cluster.ts';
import { type EmbeddedServer, joinServer } from './embedded/supervisor.ts';
import { type KeptAlive, keepAlive } from './keep-alive.ts';
import { PatientPool } from './patient-pool.ts';
import { endStandstills } from './standstill.ts';
import { parseTypes } from './value-types.ts';

/** An open PostgreSQL database. The room knows no tables: whoever asks names them. */
export interface Database {
  /** Connection URL with password, for the durable engine; never for a log. */
  readonly url: string;
  readonly kind: 'embedded' | 'external';
  /** As the server tells it, for example `18.4`. */
  readonly version: string;
  readonly pool: pg.Pool;
  /** The same pool seen through Kysely; int8 arrives as a number. */
  kysely<Tables>(): Kysely<Tables>;
  /** Closes the pool; the last user of an embedded server stops it. Closing twice is harmless. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `DATABASE_URL`; without it the embedded server of the data folder is started or adopted. */
  readonly url?: string | undefined;
  readonly dataDir: string;
  /** Connections at most, 10 when not told. */
  readonly poolSize?: number | undefined;
}

export interface DatabaseDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The PATH of the environment, where a `postgres` may be found when the bundled one is missing. */
  readonly searchPath?: string | undefined;
  /** Replaces the search for PostgreSQL programs. */
  readonly binaries?: BinarySources | undefined;
}

/**
 * Opens the database, embedded or external, and proves that it keeps what it acknowledges.
 * Throws AppError: `database_unreachable`, what `refusals.ts` names, `database_url_invalid`, `postgres_not_found`, `disk_full`,
 * `database_not_durable`, `database_too_old` and what the embedded server's parts tell.
 */
export async function openDatabase(
  options: DatabaseOptions,
  deps: DatabaseDeps,
): Promise<Database> {
  if (options.url !== undefined && options.url !== '') {
    return await openPool(options.url, undefined, options, deps);
  }
  const server = await joinServer(options.dataDir, deps);
  try {
    await createDatabase(server.url);
    return await openPool(server.url, server, options, deps);
  } catch (error) {
    await server.leave();
    throw error;
  }
}

async function openPool(
  url: string,
  server: EmbeddedServer | undefined,
  options: DatabaseOptions,
  { clock, log }: DatabaseDeps,
): Promise<Database> {
  let kept: KeptAlive | undefined;
  const pool = poolOf(url, options.poolSize ?? 10, { clock, log, lost: () => kept?.hasten() });
  try {
    const version = await requireSound(pool, url, clock);
    pool.trust();
    kept = server === undefined ? undefined : keepAlive(server, { clock, log });
    const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
    let closing: Promise<void> | undefined;
    return {
      url,
      kind: server === undefined ? 'external' : 'embedded',
      version,
      pool,
      kysely: <Tables>() => kysely as unknown as Kysely<Tables>,
      close: async () => {
        closing ??= (async () => {
          await kept?.stop();
          await pool.end();
          await server?.leave();
        })();
        await closing;
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

function poolOf(
  url: string,
  max: number,
  deps: Pick<DatabaseDeps, 'clock' | 'log'> & { readonly lost: () => void },
): PatientPool {
  try {
    const config: pg.PoolConfig = {
      connectionString: url,
      max,
      types: parseTypes,
      keepAlive: true,
      connectionTimeoutMillis: 15_000,
      // Longer than between two looks of a service at rest: a new connection costs more than all their questions.
      idleTimeoutMillis: 30_000,
      application_name: `claude-manager ${process.pid}`,
      ...endStandstills,
    };
    const pool = new PatientPool(config, deps.clock);
    // Without a listener the loss of a connection ends the process; a lent one is heard only by itself.
    const lost = (error: Error): void => {
      deps.log.warn({ error: error.message }, 'A connection to the database was lost.');
      deps.lost();
    };
    pool.on('error', lost).on('connect', (client) => client.on('error', lost));
    return pool;
  } catch (error) {
    throw connectionError(url, error);
  }
}

interface Soundness {
  readonly version: string;
  readonly number: number;
  readonly fsync: string;
  readonly commit: string;
}

/** So long a server that starts up or recovers is waited for; longer recoveries are for whoever starts us again. */
const startUpMs = 15_000;
const askAgainMs = 250;

/** PostgreSQL 15 or newer, with fsync and synchronous_commit on; answers its version. */
async function requireSound(
  pool: pg.Pool,
  url: string,
  clock: Pick<Clock, 'monotonicMs' | 'sleep'>,
): Promise<string> {
  const until = clock.monotonicMs() + startUpMs;
  const ask = (): Promise<pg.QueryResult<Soundness>> =>
    pool
      .query<Soundness>(
        `select current_setting('server_version') as version,
                current_setting('server_version_num')::int as number,
                current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
      )
      .catch(async (error: unknown) => {
        if (!isStartingUp(error) || clock.monotonicMs() > until) throw connectionError(url, error);
        await clock.sleep(askAgainMs);
        return ask();
      });
  const answer = await ask();
  const [found] = answer.rows;
  if (found === undefined) throw connectionError(url, new Error('no answer'));
  if (found.number < 150_000) throw tooOld(found.version);
  if (found.fsync !== 'on' || found.commit === 'off') throw notDurable(found);
  return found.version.split(' ')[0] ?? found.version;
}

/** The cluster's own database is made at the first start. */
async function createDatabase(url: string): Promise<void> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.toString() });
  client.on('error', () => undefined); // the query under way rejects as well
  try {
    await client.connect();
    const found = await client.query('select from pg_database where datname = $1', [databaseName]);
    if (found.rowCount === 0) await client.query(`create database ${databaseName}`);
  } catch (error) {
    // Two first starts: the other one made it between our two statements.
    if (!(error instanceof pg.DatabaseError) || !['42P04', '23505'].includes(error.code ?? '')) {
      throw connectionError(url, error);
    }
  } finally {
    await client.end();
  }
}

function tooOld(version: string): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'database_too_old',
    message: `The database server is PostgreSQL ${version}; version 15 or newer is needed.`,
    next: 'Point DATABASE_URL to PostgreSQL 15 or newer.',
    details: { version },
  });
}

function notDurable(found: Soundness): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'database_not_durable',
    message: `The database may lose what it acknowledged: fsync is ${found.fsync}, synchronous_commit is ${found.commit}.`,
    next: 'Turn on fsync and synchronous_commit on the database server.',
    details: { fsync: found.fsync, synchronousCommit: found.commit },
  });
}
