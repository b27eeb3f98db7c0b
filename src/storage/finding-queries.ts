import type { RawBuilder, Selectable } from 'kysely';
import { sql } from 'kysely';
import type { FindingQueries, FindingSummary } from '../domain/ports/page-queries.ts';
import { repositoryKey } from '../domain/repository.ts';
import type { TaskState } from '../domain/task.ts';
import { cursorOf, pageOf } from '../platform/database/cursor.ts';
import type { Database } from '../platform/database/database.ts';
import { findingOf } from './finding-rows.ts';
import { inPatterns } from './name-patterns.ts';
import type { FindingRow, StorageTables } from './tables.ts';

/** Findings by the page in PostgreSQL, in the order of repository, path and line. */
export function createFindingQueries(database: Pick<Database, 'kysely'>): FindingQueries {
  const db = database.kysely<StorageTables>();
  return {
    page: async (query) => {
      const keys = ['text', 'text', 'number', 'text'] as const;
      const cursor = query.after === undefined ? null : cursorOf(query.after, 'findings', keys);
      const where = sql.join(
        [
          ...filters(query),
          ...(cursor === null
            ? []
            : [
                sql`(repository_key, path, line, findings.id) > (${cursor[0]}, ${cursor[1]}, ${cursor[2]}::int, ${cursor[3]})`,
              ]),
        ],
        sql` and `,
      );
      const { rows } = await sql<Row>`${columns} where ${where}
        order by repository_key, path, line, findings.id limit ${query.limit + 1}`.execute(db);
      const { items, next } = pageOf(rows, { list: 'findings', limit: query.limit }, (row) => [
        row.repository_key,
        row.path,
        row.line,
        row.id,
      ]);
      return { items: items.map(summaryOf), next };
    },
    one: async (id) => {
      const { rows } = await sql<Row>`${columns} where findings.id = ${id}`.execute(db);
      return rows[0] === undefined ? null : summaryOf(rows[0]);
    },
  };
}

const columns = sql`select findings.*, task.task_id, task.task_state from findings
  left join lateral (select tasks.id as id, tasks.state as state from tasks where tasks.finding_id = findings.id
    order by tasks.created_at desc limit 1) as task(task_id, task_state) on true`;

type Row = Selectable<FindingRow> & {
  readonly task_id: string | null;
  readonly task_state: TaskState | null;
};

function filters(query: Parameters<FindingQueries['page']>[0]): readonly RawBuilder<unknown>[] {
  const { target, within, statuses, rule, text } = query;
  const pattern = text === undefined ? '' : `%${text.replaceAll(/[\\%_]/gu, '\\$&')}%`;
  return [
    sql`true`,
    ...(target === undefined ? [] : [sql`repository_key = ${repositoryKey(target)}`]),
    ...(within === undefined ? [] : [inPatterns(sql`repository_key`, within)]),
    ...(statuses === undefined ? [] : [sql`status = any(${[...statuses]}::text[])`]),
    ...(rule === undefined ? [] : [sql`rule = ${rule}`]),
    ...(text === undefined || text.includes('\0')
      ? []
      : [sql`(path ilike ${pattern} or detail->>'text' ilike ${pattern})`]),
  ];
}

function summaryOf(row: Row): FindingSummary {
  return {
    ...findingOf(row),
    task:
      row.task_id === null || row.task_state === null
        ? null
        : { id: row.task_id, state: row.task_state },
  };
}
