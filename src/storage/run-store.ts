import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Transaction } from '../domain/ports/effects.ts';
import type { RunStore, Spending, SpendingScope } from '../domain/ports/stores.ts';
import { repositoryKey } from '../domain/repository.ts';
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
    spending: async (transaction, scope) => {
      if (transaction === null) return await spending(db, scope);
      await sql`select pg_advisory_xact_lock(hashtextextended('claude-manager spending', 0))`.execute(
        inTransaction(transaction),
      );
      return await spending(inTransaction(transaction), scope);
    },
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

async function spending(
  db: Kysely<StorageTables>,
  { taskId, target, now }: SpendingScope,
): Promise<Spending> {
  const day = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
  const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
  const key = repositoryKey(target);
  const { rows } = await sql<Spending>`
    select
      coalesce(sum(cost_usd) filter (where task_id = ${taskId}), 0) as "taskUsd",
      coalesce(sum(cost_usd) filter (where target_key = ${key} and (ended_at is null or ended_at >= ${day})), 0)
        as "repositoryDayUsd",
      coalesce(sum(cost_usd) filter (where ended_at is null or ended_at >= ${day}), 0) as "dayUsd",
      coalesce(sum(cost_usd) filter (where ended_at is null or ended_at >= ${month}), 0) as "monthUsd"
    from runs join tasks on tasks.id = runs.task_id
    where ended_at is null or ended_at >= ${month} or task_id = ${taskId}`.execute(db);
  return rows[0] ?? { taskUsd: 0, repositoryDayUsd: 0, dayUsd: 0, monthUsd: 0 };
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
