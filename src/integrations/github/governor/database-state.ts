import { type Kysely, sql } from 'kysely';
import type { Clock } from '../../../lib/clock.ts';
import { type GithubTables, readBudget } from '../tables.ts';
import type { GovernorState } from './governor-state.ts';
import { emptyBudget } from './limits.ts';

/**
 * The budget as one row for each credential, changed under its row lock: shared by processes, kept over restarts, judged
 * by the database's clock unless another one is handed in. `name` tells people which credential it is.
 */
export function createDatabaseGovernorState(
  db: Kysely<GithubTables>,
  name: string | null = null,
  clock: Clock | null = null,
): GovernorState {
  const timeOf = (databaseMs: number | undefined): number | null =>
    clock === null ? (databaseMs ?? null) : clock.now().getTime();
  return {
    change: async (credential, change) =>
      db.transaction().execute(async (transaction) => {
        const locked = async () =>
          transaction
            .with('held', (held) =>
              held
                .selectFrom('github_governor')
                .select('budget')
                .where('credential', '=', credential)
                .forUpdate(),
            )
            .selectFrom('held')
            .select(['budget', databaseMs.as('now')])
            .executeTakeFirst();
        let row = await locked();
        if (row === undefined) {
          await transaction
            .insertInto('github_governor')
            .values({ credential, name, budget: JSON.stringify(emptyBudget) })
            .onConflict((conflict) => conflict.column('credential').doNothing())
            .execute();
          row = await locked();
        }
        const before = readBudget(row?.budget) ?? emptyBudget;
        const { budget, answer } = change(before, timeOf(row?.now));
        await transaction
          .updateTable('github_governor')
          .set({ budget: JSON.stringify(budget), ...(name === null ? {} : { name }) })
          .where('credential', '=', credential)
          .execute();
        return answer;
      }),
    pause: async (credential) => {
      const row = await db
        .selectFrom('github_governor')
        .select([sql<number>`(budget ->> 'pausedUntil')::float8`.as('until'), databaseMs.as('now')])
        .where('credential', '=', credential)
        .executeTakeFirst();
      return { untilMs: row?.until ?? 0, nowMs: timeOf(row?.now) };
    },
  };
}

/** Above the lock, so that it is read when the wait for the row is over. */
export const databaseMs = sql<number>`extract(epoch from clock_timestamp())::float8 * 1000`;
