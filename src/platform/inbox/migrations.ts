import { sql } from 'kysely';
import type { Migration } from '../database/migrate.ts';

/** Deliveries that came in; a row stands before its sender gets an answer. */
export const inboxMigrations: readonly Migration[] = [
  {
    id: 'inbox-0001-deliveries',
    up: async (db) => {
      await sql`create table inbox_deliveries (
        id text primary key,
        event text not null,
        lane text not null,
        body bytea not null,
        state text not null,
        attempts integer not null,
        received_at timestamptz(3) not null,
        next_at timestamptz(3) not null,
        ended_at timestamptz(3),
        error text
      )`.execute(db);
      await sql`create index inbox_deliveries_waiting on inbox_deliveries (lane, next_at) where state = 'waiting'`.execute(
        db,
      );
      await sql`create index inbox_deliveries_by_age on inbox_deliveries (received_at desc, id)`.execute(
        db,
      );
    },
  },
];

export interface InboxTables {
  inbox_deliveries: {
    id: string;
    event: string;
    lane: string;
    /** As it came. */
    body: Buffer;
    state: string;
    /** How often it was worked on in vain. */
    attempts: number;
    received_at: Date;
    next_at: Date;
    ended_at: Date | null;
    error: string | null;
  };
}
