import { type Kysely, sql } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../database/database.ts';
import type { Migration } from '../database/migrate.ts';

interface DriftTables {
  config_hashes: {
    process: string;
    pid: number;
    host: string;
    hash: string;
    file: string | null;
    seen_at: Date;
  };
}

/** A process of the system with the hash of the configuration that it runs with. */
export interface Published {
  readonly process: string;
  readonly pid: number;
  readonly host: string;
  /** SHA-256, see configHash. */
  readonly hash: string;
  readonly file: string | null;
}

/** What every process of a system runs with, kept where all of them look. */
export interface PublishedHashes {
  /** Says it again as often as `everyMs`; who is silent for much longer is gone. */
  publish(own: Published): Promise<void>;
  withdraw(process: string): Promise<void>;
  /** Of the processes that said so lately. */
  list(): Promise<readonly Published[]>;
}

export const publishEveryMs = 30_000;
const silentMs = 4 * publishEveryMs;

export const driftMigrations: readonly Migration[] = [
  {
    id: 'drift-0001-config-hashes',
    up: async (db: Kysely<unknown>) => {
      await sql`create table config_hashes (
        process text primary key,
        pid integer not null,
        host text not null,
        hash text not null,
        file text,
        seen_at timestamptz not null
      )`.execute(db);
    },
  },
];

export function createPublishedHashes(
  database: Pick<Database, 'kysely'>,
  clock: Pick<Clock, 'now'>,
): PublishedHashes {
  const db = database.kysely<DriftTables>();
  const since = (): Date => new Date(clock.now().getTime() - silentMs);
  return {
    publish: async (own) => {
      const row = { ...own, seen_at: clock.now() };
      await db
        .insertInto('config_hashes')
        .values(row)
        .onConflict((conflict) => conflict.column('process').doUpdateSet(row))
        .execute();
      await db.deleteFrom('config_hashes').where('seen_at', '<', since()).execute();
    },
    withdraw: async (process) => {
      await db.deleteFrom('config_hashes').where('process', '=', process).execute();
    },
    list: async () => {
      const rows = await db
        .selectFrom('config_hashes')
        .selectAll()
        .where('seen_at', '>=', since())
        .orderBy('host')
        .orderBy('pid')
        .execute();
      return rows.map(({ seen_at: _seen, ...published }) => published);
    },
  };
}
