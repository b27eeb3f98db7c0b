import type { PauseStore } from '../domain/ports/stores.ts';
import type { RepositoryRef } from '../domain/repository.ts';
import { repositoryKey } from '../domain/repository.ts';
import { storedJson, storedText } from '../lib/stored-text.ts';
import type { Database } from '../platform/database/database.ts';
import type { StorageTables } from './tables.ts';
import { inTransaction } from './transaction.ts';

/** Pauses in PostgreSQL; pausing twice keeps the first one with its name. */
export function createPauseStore(database: Pick<Database, 'kysely'>): PauseStore {
  const db = database.kysely<StorageTables>();
  return {
    paused: async () => {
      const rows = await db.selectFrom('pauses').selectAll().orderBy('at').execute();
      return rows.map((row) => ({
        repository: row.repository as RepositoryRef | null,
        by: row.paused_by,
        at: row.at,
      }));
    },
    pause: async (repository, by, at) => {
      await db
        .insertInto('pauses')
        .values({
          scope: scopeOf(repository),
          repository: repository === null ? null : storedJson(repository),
          paused_by: storedText(by),
          at,
        })
        .onConflict((conflict) => conflict.column('scope').doNothing())
        .execute();
    },
    resume: async (repository) => {
      await db.deleteFrom('pauses').where('scope', '=', scopeOf(repository)).execute();
      // Who lifts every pause has seen to the quotas as well.
      if (repository === null) await db.deleteFrom('resting_agents').execute();
    },
    resting: async (now) =>
      await db
        .selectFrom('resting_agents')
        .selectAll()
        .where('until', '>', now)
        .orderBy('agent')
        .execute(),
    rest: async (transaction, { agent, until, text }) => {
      await inTransaction(transaction)
        .insertInto('resting_agents')
        .values({ agent, until, text: storedText(text) })
        .onConflict((conflict) =>
          conflict
            .column('agent')
            .doUpdateSet((row) => ({
              until: row.ref('excluded.until'),
              text: row.ref('excluded.text'),
            }))
            .whereRef('resting_agents.until', '<', 'excluded.until'),
        )
        .execute();
    },
  };
}

function scopeOf(repository: RepositoryRef | null): string {
  return repository === null ? '*' : repositoryKey(repository);
}
