import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Transaction } from '../domain/ports/effects.ts';
import type { RunStore } from '../domain/ports/stores.ts';
import type { Run } from '../domain/run.ts';
import { AppError } from '../lib/app-error.ts';
import { storedJson } from '../lib/stored-text.ts';
import type { Database } from '../platform/database/database.ts';
import { agentEventOf, runOf, runRow } from './run-rows.ts';
import type { StorageTables } from './tables.ts';
import { inTransaction } from './transaction.ts';

/** Attempts of agents and what they said, in PostgreSQL. */
export function createRunStore(database: Pick<Database, 'kysely'>): RunStore {
  const db = database.kysely<StorageTables>();
  return {
    insert: async (transaction, run) => {
      await inTransaction(transaction).insertInto('runs').values(runRow(run)).execute();
    },
    finish: finishRun,
    get: async (id) => {
      const row = await db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : runOf(row);
    },
    ofTask: async (taskId) => {
      const rows = db.selectFrom('runs').selectAll().where('task_id', '=', taskId);
      return (await rows.orderBy('attempt').orderBy('started_at').execute()).map(runOf);
    },
    live: async () => {
      const rows = db.selectFrom('runs').selectAll().where('ended_at', 'is', null);
      return (await rows.orderBy('started_at').execute()).map(runOf);
    },
    addEvents: async (runId, events) => await addEvents(db, runId, events),
    events: async (runId, afterSeq, limit) => await eventsAfter(db, runId, afterSeq, limit),
    spentSince: async (since) => await spentSince(db, since),
  };
}

/** Writing the same end twice is fine; another end for a run that has ended is refused. */
async function finishRun(
  transaction: Transaction,
  id: string,
  change: Partial<Run>,
): Promise<void> {
  const db = inTransaction(transaction);
  const row = await db
    .selectFrom('runs')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw runNotFound(id);
  const run = runOf(row);
  if (run.outcome !== null && change.outcome !== undefined && change.outcome !== run.outcome) {
    throw runHasEnded(run);
  }
  await db
    .updateTable('runs')
    .set(runRow({ ...run, ...change, id }))
    .where('id', '=', id)
    .execute();
}

async function addEvents(
  db: Kysely<StorageTables>,
  runId: string,
  events: Parameters<RunStore['addEvents']>[1],
): Promise<void> {
  if (events.length === 0) return;
  await sql`
    insert into run_events (run_id, seq, at, event)
    select ${runId}, batch.seq, batch.at, batch.event
    from jsonb_to_recordset(${storedJson(events)}::jsonb) as batch(seq integer, at timestamptz, event jsonb)
    on conflict do nothing`.execute(db);
}

async function eventsAfter(
  db: Kysely<StorageTables>,
  runId: string,
  afterSeq: number,
  limit: number,
): ReturnType<RunStore['events']> {
  const rows = await db
    .selectFrom('run_events')
    .select(['seq', 'at', 'event'])
    .where('run_id', '=', runId)
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ seq: row.seq, at: row.at, event: agentEventOf(row.event) }));
}

// A live run counts with what is reserved for it, one that ended since with what it cost.
async function spentSince(db: Kysely<StorageTables>, since: Date): Promise<number> {
  const row = await db
    .selectFrom('runs')
    .select((column) =>
      column.fn.coalesce(column.fn.sum<number>('cost_usd'), sql<number>`0`).as('total'),
    )
    .where((is) => is.or([is('ended_at', 'is', null), is('ended_at', '>=', since)]))
    .executeTakeFirstOrThrow();
  return row.total;
}

function runNotFound(id: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'run_not_found',
    message: `There is no run ${id}.`,
    details: { runId: id },
  });
}

function runHasEnded(run: Run): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'run_has_ended',
    message: `Run ${run.id} has already ended as ${run.outcome}.`,
    details: { runId: run.id, outcome: run.outcome },
  });
}
