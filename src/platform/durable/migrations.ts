import { sql } from 'kysely';
import type { Migration } from '../database/migrate.ts';

/** The tables of this room; the engine's own live in the schema `dbos` and migrate themselves. */
export const durableMigrations: readonly Migration[] = [
  {
    id: 'durable-0001-executors',
    up: async (db) => {
      await sql`create table durable_executors (
        id text primary key,
        pid integer not null,
        host text not null,
        started_at timestamptz not null default now()
      )`.execute(db);
    },
  },
];
