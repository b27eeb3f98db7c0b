import { sql } from 'kysely';
import type { Database } from '../database/database.ts';

/** Who has a workflow that is to begin: `queued` in the engine, or `taken` by an executor; null when nobody has. */
export async function readStartClaim(
  database: Pick<Database, 'kysely'>,
  workflowId: string,
): Promise<{ readonly state: 'queued' | 'taken'; readonly executor: string | null } | null> {
  const db = database.kysely();
  // An engine that was never launched here has no tables yet.
  const { rows: found } = await sql<{
    there: string | null;
  }>`select to_regclass('dbos.workflow_status') as there`.execute(db);
  if (found[0]?.there == null) return null;
  const { rows } = await sql<{
    status: string;
    executor_id: string | null;
  }>`select status, executor_id from dbos.workflow_status where workflow_uuid = ${workflowId}`.execute(
    db,
  );
  const [row] = rows;
  if (row?.status === 'ENQUEUED' || row?.status === 'DELAYED')
    return { state: 'queued', executor: null };
  return row?.status === 'PENDING' ? { state: 'taken', executor: row.executor_id } : null;
}
