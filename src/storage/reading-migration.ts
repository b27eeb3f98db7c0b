import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Migration } from '../platform/database/migrate.ts';

/** What lists, search, decisions of several people and live pages need. */
export const readingMigration: Migration = {
  id: 'storage-0002-reading',
  up: async (db) => {
    await run(db, [...taskColumns, ...taskIndices, ...decisions, ...looks, ...changes]);
    for (const trigger of triggers) await run(db, trigger);
  },
};

/** Lists and searches over all states read one index instead of one per state. */
export const wholeListMigration: Migration = {
  id: 'storage-0003-whole-lists',
  up: async (db) => {
    await run(db, [
      'create index tasks_by_rank on tasks ((-rank), created_at, id)',
      'create index tasks_by_age on tasks (created_at, id)',
      'create index tasks_by_change on tasks (updated_at, id)',
    ]);
  },
};

// Punctuation of paths and code ends a word, so that `src/a.ts` is found by `a`; the beginning of a body is enough.
const searchText = `translate(
  coalesce(proposal->>'title', '') || ' ' || id || ' ' || coalesce(target->>'name', '') || ' ' ||
  coalesce(issue_number::text, '') || ' ' || left(coalesce(proposal->>'body', ''), 4000),
  '/._:;#()[]{}<>"''=,*\`-', '                      ')`;

const taskColumns = [
  `alter table tasks
    add column title text generated always as (proposal->>'title') stored,
    add column kind text generated always as (proposal->>'kind') stored,
    add column search tsvector generated always as (to_tsvector('simple', ${searchText})) stored,
    add column snoozed_until timestamptz`,
];

// Each list is an ordered read of one index per state, so a page costs what it holds, not what the table holds.
const taskIndices = [
  ...['tasks_by_rank', 'tasks_by_state', 'tasks_by_target', 'tasks_by_target_state'].map(
    (name) => `drop index ${name}`,
  ),
  ...[
    ['state', 'state'],
    ['target', 'target_key, state'],
  ].flatMap(([name, columns]) => [
    `create index tasks_by_${name}_rank on tasks (${columns}, (-rank), created_at, id)`,
    `create index tasks_by_${name}_age on tasks (${columns}, created_at, id)`,
    `create index tasks_by_${name}_change on tasks (${columns}, updated_at, id)`,
  ]),
  'create index tasks_by_kind_rank on tasks (kind, state, (-rank), created_at, id)',
  'create index tasks_by_agent_rank on tasks (agent, state, (-rank), created_at, id)',
  'create index tasks_snoozed on tasks (snoozed_until) where snoozed_until is not null',
  'create index tasks_search on tasks using gin (search) with (fastupdate = off)',
];

const decisions = [
  'alter table approvals add column person text',
  `update approvals set person = case channel
    when 'label' then 'github:' || lower(actor) when 'dashboard' then 'user:' || actor
    else 'system:' || actor end`,
  'alter table approvals alter column person set not null',
  'alter table task_notes add column actor jsonb',
  `create table suppressions (
    id text primary key,
    rule text not null,
    repository jsonb not null,
    repository_key text not null,
    made_by text not null,
    reason text,
    task_id text,
    at timestamptz not null,
    unique (repository_key, rule)
  )`,
];

const looks = [
  `create table repository_looks (
    repository_key text primary key,
    at timestamptz not null,
    commit text,
    requests integer,
    duration_ms double precision,
    problem text
  )`,
  'create index runs_by_start on runs (started_at desc, id desc)',
  'create index findings_open on findings (repository_key, status)',
];

const changes = [
  // Read in the order of transactions, and only those before the oldest one under way: nothing appears behind a cursor.
  `create table changes (
    xid xid8 not null default pg_current_xact_id(),
    id bigint generated always as identity,
    topic text not null,
    subject text not null,
    task_id text,
    state text,
    repository_key text,
    at timestamptz not null default clock_timestamp(),
    primary key (xid, id)
  )`,
  'create index changes_by_age on changes (at)',
  'create table changes_forgotten (one boolean primary key default true check (one), xid xid8 not null)',
];

const triggers: readonly (readonly string[])[] = [
  noteOf('tasks', `'task', id, id, state, target_key`),
  noteOf('runs', `'run', id, task_id, coalesce(outcome, 'live'), null`),
  noteOf('findings', `distinct 'finding', repository_key, null, null, repository_key`),
  noteOf('repository_looks', `'scan', repository_key, null, null, repository_key`),
  noteOf('pauses', `'pause', scope, null, null, nullif(scope, '*')`, ['insert', 'delete']),
  noteOf('suppressions', `'scan', repository_key, null, null, repository_key`, [
    'insert',
    'delete',
  ]),
];

/** Statement triggers that note each changed row of a table and wake who listens. */
function noteOf(
  table: string,
  columns: string,
  events: readonly ('insert' | 'update' | 'delete')[] = ['insert', 'update'],
): readonly string[] {
  return [
    `create function note_${table}() returns trigger language plpgsql as $$
    begin
      insert into changes (topic, subject, task_id, state, repository_key)
        select ${columns} from changed;
      perform pg_notify('claude_manager_changes', '');
      return null;
    end $$`,
    ...events.map(
      (event) => `create trigger note_${table}_${event} after ${event} on ${table}
        referencing ${event === 'delete' ? 'old' : 'new'} table as changed
        for each statement execute function note_${table}()`,
    ),
  ];
}

async function run(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
