import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Migration } from '../platform/database/migrate.ts';
import { dispatchNotices } from './dispatch-notices.ts';
import { readingMigration, wholeListMigration } from './reading-migration.ts';

/** What makes and changes the tables of this room, in order. An id that has run somewhere never changes its meaning. */
export const storageMigrations: readonly Migration[] = [
  {
    id: 'storage-0001-tables',
    up: async (db) => {
      await run(db, [...taskTables, ...findingTables, ...runTables, pauseTable]);
    },
  },
  readingMigration,
  wholeListMigration,
  {
    id: 'storage-0004-resting-agents',
    up: async (db) => {
      await run(db, [
        `create table resting_agents (
          agent text primary key,
          until timestamptz not null,
          text text not null
        )`,
      ]);
    },
  },
  {
    id: 'storage-0005-earlier-proposals',
    up: async (db) => {
      await run(db, [
        `create table earlier_proposals (
          id text primary key,
          repository jsonb not null,
          repository_key text not null,
          path text not null,
          line integer not null,
          content text not null,
          proposed_at timestamptz not null,
          issue_number integer,
          imported_at timestamptz not null
        )`,
        'create index earlier_proposals_by_repository on earlier_proposals (repository_key)',
      ]);
    },
  },
  {
    id: 'storage-0006-start-obstacles',
    up: async (db) => {
      await run(db, [
        `create table start_obstacles (
          code text primary key,
          text text not null,
          until timestamptz not null
        )`,
      ]);
    },
  },
  {
    id: 'storage-0007-correlation',
    up: async (db) => {
      await run(db, [
        'alter table approvals add column correlation_id text',
        'alter table runs add column workflow_id text',
      ]);
    },
  },
  dispatchNotices,
  {
    id: 'storage-0009-approved-at',
    up: async (db) => {
      await run(db, ['alter table approvals add column base_commit text']);
    },
  },
  {
    id: 'storage-0010-run-sandbox',
    up: async (db) => {
      await run(db, ['alter table runs add column sandbox text']);
    },
  },
  {
    id: 'storage-0011-spared-agent',
    up: async (db) => {
      await run(db, ['alter table start_obstacles add column spares text']);
    },
  },
];

const taskTables = [
  `create table tasks (
    id text primary key,
    state text not null,
    attention text,
    origin jsonb not null,
    finding_id text,
    origin_repository text,
    origin_number integer,
    target jsonb not null,
    target_key text not null,
    proposal jsonb not null,
    rank double precision not null,
    agent text not null,
    base_branch text not null,
    content_hash text not null,
    issue_number integer,
    published_title text,
    published_body text,
    pull_request jsonb,
    attempt integer not null,
    note text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    version integer not null
  )`,
  // Lists are read as "the best n of a state", so each index holds the order of the list.
  'create index tasks_by_rank on tasks (rank desc, created_at, id)',
  'create index tasks_by_state on tasks (state, rank desc, created_at, id)',
  'create index tasks_by_target on tasks (target_key, rank desc, created_at, id)',
  'create index tasks_by_target_state on tasks (target_key, state, rank desc, created_at, id)',
  'create index tasks_by_issue on tasks (issue_number) where issue_number is not null',
  'create index tasks_by_origin on tasks (origin_repository, origin_number) where origin_number is not null',
  'create index tasks_by_finding on tasks (finding_id, created_at desc) where finding_id is not null',
  `create table approvals (
    id bigint generated always as identity primary key,
    task_id text not null references tasks (id),
    actor text not null,
    channel text not null,
    content_hash text not null,
    decided_at timestamptz not null,
    roles jsonb not null,
    event_id text,
    voided_at timestamptz,
    void_reason text
  )`,
  'create index approvals_by_task on approvals (task_id, id desc)',
  'create unique index approvals_once on approvals (task_id, event_id) where event_id is not null',
  `create table task_notes (
    task_id text not null references tasks (id),
    key text not null,
    at timestamptz not null,
    code text not null,
    text text not null,
    primary key (task_id, key)
  )`,
];

const findingTables = [
  `create table findings (
    id text primary key,
    repository jsonb not null,
    repository_key text not null,
    rule text not null,
    status text not null,
    path text not null,
    line integer not null,
    fingerprint text not null,
    commit text,
    oid text,
    first_seen timestamptz not null,
    missed_scans integer not null,
    detail jsonb not null
  )`,
  'create index findings_by_repository on findings (repository_key, rule, missed_scans)',
  'create index findings_by_place on findings (repository_key, path, line, id)',
  `create table scan_marks (
    repository_key text not null,
    rule text not null,
    commit text not null,
    at timestamptz not null,
    primary key (repository_key, rule)
  )`,
];

const runTables = [
  `create table runs (
    id text primary key,
    task_id text not null references tasks (id),
    attempt integer not null,
    agent text not null,
    base_commit text,
    started_at timestamptz not null,
    ended_at timestamptz,
    outcome text,
    reason text,
    summary text,
    usage jsonb,
    cost_usd double precision,
    checks jsonb not null,
    patch text,
    correlation_id text not null
  )`,
  'create index runs_by_task on runs (task_id, attempt, started_at)',
  'create index runs_live on runs (started_at) where ended_at is null',
  'create index runs_by_end on runs (ended_at)',
  `create table run_events (
    run_id text not null references runs (id),
    seq integer not null,
    at timestamptz not null,
    event jsonb not null,
    primary key (run_id, seq)
  )`,
];

const pauseTable = `create table pauses (
  scope text primary key,
  repository jsonb,
  paused_by text not null,
  at timestamptz not null
)`;

async function run(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
