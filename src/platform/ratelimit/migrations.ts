import { sql } from 'kysely';
import type { Migration } from '../database/migrate.ts';

/** Blocks of clients; a block that was lifted or has run out stays as a record until it is cleaned up. */
export const ratelimitMigrations: readonly Migration[] = [
  {
    id: 'ratelimit-0001-blocks',
    up: async (db) => {
      await sql`create table client_blocks (
        id text primary key,
        subject text not null,
        reason text not null,
        evidence jsonb not null,
        since timestamptz(3) not null,
        until timestamptz(3) not null,
        lifted_at timestamptz(3),
        lifted_by text
      )`.execute(db);
      await sql`create index client_blocks_standing on client_blocks (until) where lifted_at is null`.execute(
        db,
      );
    },
  },
];
