import type { RawBuilder, Selectable } from 'kysely';
import { sql } from 'kysely';
import type { RunQueries, RunSummary } from '../domain/ports/page-queries.ts';
import type { RepositoryRef } from '../domain/repository.ts';
import { repositoryKey } from '../domain/repository.ts';
import { cursorOf, pageOf } from '../platform/database/cursor.ts';
import type { Database } from '../platform/database/database.ts';
import { inPatterns } from './name-patterns.ts';
import { runOf } from './run-rows.ts';
import type { RunRow, StorageTables } from './tables.ts';

/** Runs by the page in PostgreSQL; patches stay where they are. */
export function createRunQueries(database: Pick<Database, 'kysely'>): RunQueries {
  const db = database.kysely<StorageTables>();
  return {
    page: async (query) => {
      const cursor =
        query.after === undefined ? null : cursorOf(query.after, 'runs', ['date', 'text']);
      const where = sql.join(
        [
          ...filters(query),
          ...(cursor === null
            ? []
            : [sql`(runs.started_at, runs.id) < (${cursor[0]}::timestamptz, ${cursor[1]}::text)`]),
        ],
        sql` and `,
      );
      const { rows } = await sql<Row>`${columns} where ${where}
        order by runs.started_at desc, runs.id desc limit ${query.limit + 1}`.execute(db);
      const { items, next } = pageOf(rows, { list: 'runs', limit: query.limit }, (row) => [
        row.place,
        row.id,
      ]);
      return { items: items.map(summaryOf), next };
    },
    one: async (id) => {
      const { rows } = await sql<Row>`${columns} where runs.id = ${id}`.execute(db);
      return rows[0] === undefined ? null : summaryOf(rows[0]);
    },
  };
}

const columns = sql`select runs.id, runs.task_id, runs.attempt, runs.agent, runs.sandbox, runs.base_commit, runs.started_at,
  runs.ended_at, runs.outcome, runs.reason, runs.summary, runs.usage, runs.cost_usd, runs.checks, null as patch,
  runs.correlation_id, runs.patch is not null as has_patch, runs.started_at::text as place,
  tasks.title, tasks.target, coalesce(last.seq, 0) as last_seq, last.at as last_at
  from runs join tasks on tasks.id = runs.task_id
  left join lateral (select seq, at from run_events where run_id = runs.id order by seq desc limit 1) as last on true`;

type Row = Selectable<RunRow> & {
  readonly has_patch: boolean;
  readonly place: string;
  readonly title: string;
  readonly target: RepositoryRef;
  readonly last_seq: number;
  readonly last_at: Date | null;
};

function filters(query: Parameters<RunQueries['page']>[0]): readonly RawBuilder<unknown>[] {
  const { live, target, within, agent, outcomes, taskId } = query;
  return [
    sql`true`,
    ...(live === undefined
      ? []
      : [live ? sql`runs.ended_at is null` : sql`runs.ended_at is not null`]),
    ...(target === undefined ? [] : [sql`tasks.target_key = ${repositoryKey(target)}`]),
    ...(within === undefined ? [] : [inPatterns(sql`tasks.target_key`, within)]),
    ...(agent === undefined ? [] : [sql`runs.agent = ${agent}`]),
    ...(outcomes === undefined ? [] : [sql`runs.outcome = any(${[...outcomes]}::text[])`]),
    ...(taskId === undefined ? [] : [sql`runs.task_id = ${taskId}`]),
  ];
}

function summaryOf(row: Row): RunSummary {
  return {
    ...runOf(row),
    taskTitle: row.title,
    target: row.target,
    lastSeq: row.last_seq,
    lastEventAt: row.last_at,
    hasPatch: row.has_patch,
  };
}
