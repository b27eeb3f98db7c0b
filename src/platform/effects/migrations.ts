import { sql } from 'kysely';
import type { Migration } from '../database/migrate.ts';

/** What makes the table of intents. */
export const effectMigrations: readonly Migration[] = [
  {
    id: 'effects-0001-intents',
    up: async (db) => {
      await sql`create table effect_intents (
        id text primary key,
        seq bigint generated always as identity,
        task_id text not null,
        request jsonb not null,
        status text not null default 'pending' check
          (status in ('pending', 'sending', 'unknown', 'done', 'failed', 'removed_by_human')),
        lease_token bigint not null default 0,
        lease_until timestamptz,
        sends integer not null default 0,
        first_empty_look_at timestamptz,
        result jsonb,
        error jsonb,
        created_at timestamptz not null default clock_timestamp(),
        updated_at timestamptz not null default clock_timestamp()
      )`.execute(db);
      await sql`create index effect_intents_open on effect_intents (seq)
        where status in ('pending', 'sending', 'unknown')`.execute(db);
      await sql`create index effect_intents_by_task on effect_intents (task_id, seq)`.execute(db);
    },
  },
  {
    id: 'effects-0002-sender',
    up: async (db) => {
      await sql`alter table effect_intents add column lease_process text`.execute(db);
    },
  },
];
