import { sql } from 'kysely';
import type { Migration } from '../database/migrate.ts';

/** What other programs are told; a row stands with the change that it tells of. */
export const outboxMigrations: readonly Migration[] = [
  {
    id: 'outbox-0001-messages',
    up: async (db) => {
      await sql`create table outbox_messages (
        id text primary key,
        receiver text not null,
        type text not null,
        body text not null,
        state text not null check (state in ('waiting', 'delivered', 'failed')),
        attempts integer not null,
        created_at timestamptz(3) not null,
        next_at timestamptz(3) not null,
        ended_at timestamptz(3),
        status integer,
        problem text
      )`.execute(db);
      await sql`create index outbox_messages_waiting on outbox_messages (next_at) where state = 'waiting'`.execute(
        db,
      );
      await sql`create index outbox_messages_by_age on outbox_messages (created_at desc, id)`.execute(
        db,
      );
    },
  },
];

export interface OutboxTables {
  outbox_messages: {
    id: string;
    /** Name of who is told. */
    receiver: string;
    type: string;
    /** JSON text, as it is signed and sent. */
    body: string;
    state: string;
    /** How often it was sent. */
    attempts: number;
    created_at: Date;
    next_at: Date;
    ended_at: Date | null;
    /** HTTP status of the last answer; null when there was none. */
    status: number | null;
    /** Why the last try failed. */
    problem: string | null;
  };
}
