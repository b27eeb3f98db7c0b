import { sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';
import type { Migration } from '../../platform/database/migrate.ts';

/**
 * Whether this database has seen what is out there. A new one has not: until one whole round went well, every write is
 * looked for on the host before it is sent, so that a lost database adopts its own issues instead of making them again.
 */
export interface Reconciliation {
  isDone(): boolean;
  finish(): Promise<void>;
}

interface Tables {
  reconciliations: { finished_at: Date };
}

export const reconciliationMigration: Migration = {
  id: 'app-0001-reconciliations',
  up: async (db) => {
    await sql`create table reconciliations (finished_at timestamptz not null)`.execute(db);
  },
};

export async function openReconciliation(
  database: Pick<Database, 'kysely'>,
): Promise<Reconciliation> {
  const db = database.kysely<Tables>();
  let done = (await db.selectFrom('reconciliations').select('finished_at').execute()).length > 0;
  return {
    isDone: () => done,
    finish: async () => {
      if (done) return;
      await db.insertInto('reconciliations').values({ finished_at: new Date() }).execute();
      done = true;
    },
  };
}
