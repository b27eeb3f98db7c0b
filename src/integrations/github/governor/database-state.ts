import { type Kysely, type RawBuilder, sql } from 'kysely';
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
            .select(['budget', databaseMs.as('now'), toldUntil(credential).as('told')])
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
        const kept = readBudget(row?.budget) ?? emptyBudget;
        const before = { ...kept, pausedUntil: Math.max(kept.pausedUntil, row?.told ?? 0) };
        const { budget, answer } = change(before, timeOf(row?.now));
        await transaction
          .updateTable('github_governor')
          .set({ budget: JSON.stringify(budget), ...(name === null ? {} : { name }) })
          .where('credential', '=', credential)
          .execute();
        return answer;
      }),
    tell: async (credential, forMs) => {
      const until_ms = sql<number>`${clock === null ? databaseMs : clock.now().getTime()} + ${forMs}::float8`;
      await db
        .insertInto('github_pauses')
        .values({ credential, until_ms })
        .onConflict((conflict) =>
          conflict.column('credential').doUpdateSet({
            until_ms: sql`greatest(github_pauses.until_ms, excluded.until_ms)`,
          }),
        )
        .execute();
    },
    pause: async (credential) => {
      const kept = sql<number>`(select (budget ->> 'pausedUntil')::float8 from github_governor
        where credential = ${credential})`;
      const row = await db
        .selectNoFrom([
          sql<number | null>`greatest(${kept}, ${toldUntil(credential)})`.as('until'),
          databaseMs.as('now'),
        ])
        .executeTakeFirst();
      return { untilMs: row?.until ?? 0, nowMs: timeOf(row?.now) };
    },
  };
}

/** What was told beside the row, which may be locked by others for some milliseconds. */
const toldUntil = (credential: string): RawBuilder<number | null> =>
  sql`(select until_ms from github_pauses where credential = ${credential})`;

/** Above the lock, so that it is read when the wait for the row is over. */
export const databaseMs = sql<number>`extract(epoch from clock_timestamp())::float8 * 1000`;
