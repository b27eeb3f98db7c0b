import { sql } from 'kysely';
import type { Database } from '../platform/database/database.ts';
import type { StorageTables } from './tables.ts';

/** Runs that ended since then and what they cost, by their outcome. */
export async function countEndedRuns(
  database: Pick<Database, 'kysely'>,
  since: Date,
): Promise<
  readonly { readonly outcome: string; readonly count: number; readonly costUsd: number }[]
> {
  const { rows } = await sql<{ outcome: string; count: number; costUsd: number }>`
    select outcome, count(*)::int as count, coalesce(sum(cost_usd), 0)::float8 as "costUsd"
    from runs where ended_at >= ${since} and outcome is not null
    group by outcome order by outcome`.execute(database.kysely<StorageTables>());
  return rows;
}
