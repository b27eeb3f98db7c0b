import { type Kysely, sql } from 'kysely';
import { type GithubTables, readBudget } from '../tables.ts';
import type { GovernorState } from './governor-state.ts';
import { emptyBudget } from './limits.ts';

/**
 * The budget as one row for each credential, changed under its row lock: shared by processes, kept over restarts.
 * `name` tells people which credential it is.
 */
export function createDatabaseGovernorState(
  db: Kysely<GithubTables>,
  name: string | null = null,
): GovernorState {
  return {
    change: async (credential, change) =>
      db.transaction().execute(async (transaction) => {
        const locked = async () =>
          transaction
            .selectFrom('github_governor')
            .select('budget')
            .where('credential', '=', credential)
            .forUpdate()
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
        const { budget, answer } = change(readBudget(row?.budget) ?? emptyBudget);
        await transaction
          .updateTable('github_governor')
          .set({ budget: JSON.stringify(budget), ...(name === null ? {} : { name }) })
          .where('credential', '=', credential)
          .execute();
        return answer;
      }),
    pausedUntil: async (credential) => {
      const row = await db
        .selectFrom('github_governor')
        .select(sql<number>`(budget ->> 'pausedUntil')::float8`.as('until'))
        .where('credential', '=', credential)
        .executeTakeFirst();
      return row?.until ?? 0;
    },
  };
}
