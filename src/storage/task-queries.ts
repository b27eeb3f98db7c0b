import type { Kysely, RawBuilder } from 'kysely';
import { sql } from 'kysely';
import type {
  TaskFilter,
  TaskPageQuery,
  TaskQueries,
  TaskSummary,
} from '../domain/ports/task-queries.ts';
import type { RepositoryRef } from '../domain/repository.ts';
import { repositoryKey } from '../domain/repository.ts';
import type { TaskState } from '../domain/task.ts';
import type { Clock } from '../lib/clock.ts';
import { type Cursor, cursorOf, pageOf } from '../platform/database/cursor.ts';
import type { Database } from '../platform/database/database.ts';
import { inPatterns } from './name-patterns.ts';
import { searchWords } from './search-words.ts';
import type { StorageTables } from './tables.ts';

/** Lists, counts and search over tasks in PostgreSQL. */
export function createTaskQueries(
  database: Pick<Database, 'kysely'>,
  clock: Pick<Clock, 'now'>,
): TaskQueries {
  const db = database.kysely<StorageTables>();
  return {
    page: async (query) => await page(db, query),
    one: async (id) => {
      const { rows } = await sql<Row>`select ${columns} from tasks where id = ${id}`.execute(db);
      return rows[0] === undefined ? null : summaryOf(rows[0]);
    },
    startingWith: async (prefix) => {
      const { rows } = await sql<{ id: string }>`select id from tasks
        where id >= ${prefix} and id < ${`${prefix}g`} order by id limit 2`.execute(db);
      return rows.map(({ id }) => id);
    },
    counts: async (filter) => await counts(db, filter, clock.now()),
    snooze: async (id, until) => {
      await db.updateTable('tasks').set({ snoozed_until: until }).where('id', '=', id).execute();
    },
  };
}

/** How each order reads an index: its keys, whether it goes backwards, and the keys of a row in a cursor. */
const orders = {
  rank: { keys: sql`(-rank), created_at, id`, down: false, types: ['number', 'date', 'text'] },
  oldest: { keys: sql`created_at, id`, down: false, types: ['date', 'text'] },
  newest: { keys: sql`created_at, id`, down: true, types: ['date', 'text'] },
  updated: { keys: sql`updated_at, id`, down: true, types: ['date', 'text'] },
} as const;

async function page(
  db: Kysely<StorageTables>,
  query: TaskPageQuery,
): ReturnType<TaskQueries['page']> {
  const order = orders[query.sort];
  const cursor = query.after === undefined ? null : cursorOf(query.after, query.sort, order.types);
  const inOrder = orderBy(query.sort);
  const where = sql.join(
    [...filters(query), ...visible(query), ...beyond(query, cursor)],
    sql` and `,
  );
  const limit = query.limit + 1;
  const listed =
    query.states === undefined
      ? sql`select * from tasks where ${where} ${inOrder} limit ${limit}`
      : // One ordered read per state, merged.
        sql`select listed.* from unnest(${[...new Set(query.states)]}::text[]) as wanted(state)
          cross join lateral (
            select * from tasks where tasks.state = wanted.state and ${where} ${inOrder} limit ${limit}
          ) as listed ${inOrder} limit ${limit}`;
  const { rows } = await sql<Row & { place: string }>`
    select ${columns}, ${placeOf(query.sort)} as place from (${listed}) as tasks ${inOrder}`.execute(
    db,
  );
  const page = { list: query.sort, limit: query.limit };
  const { items, next } = pageOf(rows, page, ({ place }) => JSON.parse(place) as unknown[]);
  return { items: items.map(summaryOf), next };
}

function orderBy(sort: TaskPageQuery['sort']): RawBuilder<unknown> {
  switch (sort) {
    case 'rank':
      return sql`order by (-rank), created_at, id`;
    case 'oldest':
      return sql`order by created_at, id`;
    case 'newest':
      return sql`order by created_at desc, id desc`;
    case 'updated':
      return sql`order by updated_at desc, id desc`;
  }
}

/** The keys of a row as JSON; moments as text, because JavaScript's dates lose the microseconds. */
function placeOf(sort: TaskPageQuery['sort']): RawBuilder<string> {
  return sql<string>`jsonb_build_array(${orders[sort].keys})::text`;
}

function beyond({ sort }: TaskPageQuery, cursor: Cursor | null): readonly RawBuilder<unknown>[] {
  if (cursor === null) return [];
  const { keys, down, types } = orders[sort];
  const casts = { number: sql`float8`, date: sql`timestamptz`, text: sql`text` };
  const values = sql.join(
    cursor.map((value, index) => sql`${value}::${casts[types[index] ?? 'text']}`),
  );
  return [down ? sql`(${keys}) < (${values})` : sql`(${keys}) > (${values})`];
}

function visible(query: TaskPageQuery): readonly RawBuilder<unknown>[] {
  const { snoozed, notApprovedBy, now } = query;
  const isSnoozed = sql`(snoozed_until is not null and snoozed_until > ${now})`;
  return [
    ...(snoozed === 'any' ? [] : [snoozed === 'only' ? isSnoozed : sql`not ${isSnoozed}`]),
    ...(notApprovedBy === undefined
      ? []
      : [
          sql`not exists (select from approvals where task_id = tasks.id
            and voided_at is null and person = ${notApprovedBy})`,
        ]),
  ];
}

function filters(filter: TaskFilter): readonly RawBuilder<unknown>[] {
  const { target, within, kinds, agent, text } = filter;
  const words = text === undefined ? null : searchWords(text);
  return [
    sql`true`,
    ...(target === undefined ? [] : [sql`target_key = ${repositoryKey(target)}`]),
    ...(within === undefined ? [] : [inPatterns(sql`target_key`, within)]),
    ...(kinds === undefined ? [] : [sql`kind = any(${[...kinds]}::text[])`]),
    ...(agent === undefined ? [] : [sql`agent = ${agent}`]),
    ...(words === null ? [] : [sql`search @@ to_tsquery('simple', ${words})`]),
  ];
}

async function counts(
  db: Kysely<StorageTables>,
  filter: TaskFilter,
  now: Date,
): ReturnType<TaskQueries['counts']> {
  const where = sql.join([...filters(filter)], sql` and `);
  // In one statement: side by side they would need two connections, for figures that are read every minute.
  const { rows } = await sql<{
    state: TaskState | null;
    count: number;
    waiting: number | null;
  }>`select state, count(*), null::bigint as waiting from tasks where ${where} group by state
    union all
    select null, count(*), count(*) filter (where state in ('proposed', 'needs_attention'))
    from tasks where snoozed_until > ${now} and ${where}`.execute(db);
  const states = Object.fromEntries(
    rows.flatMap(({ state, count }) => (state === null ? [] : [[state, count]])),
  );
  const { count: snoozed = 0, waiting } = rows.find(({ state }) => state === null) ?? {};
  return {
    states,
    snoozed,
    waiting: (states['proposed'] ?? 0) + (states['needs_attention'] ?? 0) - (waiting ?? 0),
  };
}

const columns = sql`id, state, attention, title, kind, target, rank,
  proposal->'rankReasons' as rank_reasons, agent, issue_number, pull_request->>'url' as pull_request_url,
  note, attempt, snoozed_until, base_branch,
  case when state in ('proposed', 'needs_attention') then proposal->>'body' end as body, created_at, updated_at, version,
  (select count(*) from approvals where task_id = tasks.id and voided_at is null) as approvals`;

interface Row {
  readonly id: string;
  readonly state: TaskState;
  readonly attention: string | null;
  readonly title: string;
  readonly kind: string;
  readonly target: RepositoryRef;
  readonly rank: number;
  readonly rank_reasons: TaskSummary['rankReasons'];
  readonly agent: string;
  readonly issue_number: number | null;
  readonly pull_request_url: string | null;
  readonly note: string | null;
  readonly attempt: number;
  readonly snoozed_until: Date | null;
  readonly base_branch: string;
  readonly body: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
  readonly approvals: number;
}

function summaryOf(row: Row): TaskSummary {
  return {
    id: row.id,
    state: row.state,
    attention: row.attention,
    title: row.title,
    kind: row.kind,
    target: row.target,
    rank: row.rank,
    rankReasons: row.rank_reasons,
    agent: row.agent,
    issueNumber: row.issue_number,
    pullRequestUrl: row.pull_request_url,
    note: row.note,
    attempt: row.attempt,
    snoozedUntil: row.snoozed_until,
    baseBranch: row.base_branch,
    body: row.body,
    approvals: row.approvals,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  };
}
