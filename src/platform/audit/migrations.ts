import { sql } from 'kysely';
import type { Migration } from '../database/migrate.ts';
import { chainStart } from './audit-entry.ts';

/** What makes the tables of the audit; entries can be added and read, nothing else. */
export const auditMigrations: readonly Migration[] = [
  {
    id: 'audit-0001-chain',
    up: async (db) => {
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  },
];

const statements = [
  `create table audit_entries (
    seq bigint primary key,
    at timestamptz(3) not null,
    event text not null,
    outcome text not null check (outcome in ('begun', 'ok', 'refused', 'failed')),
    actor jsonb not null,
    actor_name text generated always as (actor->>'name') stored,
    target text,
    correlation_id text not null,
    facts jsonb not null,
    begun bigint,
    previous_hash text not null,
    hash text not null
  )`,
  'create index audit_entries_by_time on audit_entries (at)',
  'create index audit_entries_by_event on audit_entries (event, seq)',
  'create index audit_entries_by_actor on audit_entries (actor_name, seq)',
  'create index audit_entries_by_target on audit_entries (target, seq) where target is not null',
  'create index audit_entries_by_correlation on audit_entries (correlation_id, seq)',
  // One row; its lock makes the chain linear over all processes.
  `create table audit_head (
    one boolean primary key default true check (one),
    seq bigint not null,
    hash text not null
  )`,
  `insert into audit_head (seq, hash) values (${chainStart.seq}, '${chainStart.hash}')`,
  // Entries that were committed with the act they tell of; the next append chains them.
  `create table audit_queue (
    id bigint generated always as identity primary key,
    at timestamptz(3) not null,
    entry jsonb not null
  )`,
  `create function audit_entries_stay() returns trigger language plpgsql as $$
    begin raise exception 'audit entries are never changed'; end $$`,
  `create trigger audit_entries_stay before update or delete or truncate on audit_entries
    for each statement execute function audit_entries_stay()`,
];
