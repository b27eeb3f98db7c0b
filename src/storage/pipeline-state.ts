import { sql } from 'kysely';
import type { Database } from '../platform/database/database.ts';
import type { StorageTables } from './tables.ts';

/** How long the oldest of what waits has waited, in seconds; null where nothing waits. */
export interface PipelineState {
  /** Approved tasks that are not started. */
  readonly approved: number;
  readonly oldestApprovedS: number | null;
  readonly live: number;
  readonly oldestLiveS: number | null;
  readonly repositories: number;
  /** Since the last look at any repository; null when there was none. */
  readonly lastLookS: number | null;
  readonly repositoriesWithProblem: number;
}

/** Where work stands still, in one question. */
export async function readPipelineState(
  database: Pick<Database, 'kysely'>,
): Promise<PipelineState> {
  const { rows } = await sql<PipelineState>`select
    (select count(*) from tasks where state = 'approved')::int as approved,
    (select extract(epoch from now() - min(updated_at))::int from tasks where state = 'approved') as "oldestApprovedS",
    (select count(*) from runs where ended_at is null)::int as live,
    (select extract(epoch from now() - min(started_at))::int from runs where ended_at is null) as "oldestLiveS",
    (select count(*) from repository_looks)::int as repositories,
    (select extract(epoch from now() - max(at))::int from repository_looks) as "lastLookS",
    (select count(*) from repository_looks where problem is not null)::int as "repositoriesWithProblem"`.execute(
    database.kysely<StorageTables>(),
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the state of the pipeline has no row');
  return row;
}
