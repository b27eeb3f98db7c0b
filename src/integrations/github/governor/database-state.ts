import type { Kysely } from 'kysely';
import { type GithubTables, isBudget } from '../tables.ts';
import type { GovernorState } from './governor-state.ts';
import { emptyBudget } from './limits.ts';

/** The budget as one row for each credential, changed under its row lock: shared by processes, kept over restarts. */
export function createDatabaseGovernorState(db: Kysely<GithubTables>): GovernorState {
  return {
    change: async (credential, change) =>
      db.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('github_governor')
          .values({ credential, budget: JSON.stringify(emptyBudget) })
          .onConflict((conflict) => conflict.column('credential').doNothing())
          .execute();
        const row = await transaction
          .selectFrom('github_governor')
          .select('budget')
          .where('credential', '=', credential)
          .forUpdate()
          .executeTakeFirstOrThrow();
        const { budget, answer } = change(isBudget(row.budget) ? row.budget : emptyBudget);
        await transaction
          .updateTable('github_governor')
          .set({ budget: JSON.stringify(budget) })
          .where('credential', '=', credential)
          .execute();
        return answer;
      }),
  };
}
