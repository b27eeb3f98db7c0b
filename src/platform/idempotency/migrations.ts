import { sql } from 'kysely';
import type { Migration } from '../database/migrate.ts';

/** The table of this room. */
export const idempotencyMigrations: readonly Migration[] = [
  {
    id: 'idempotency-0001-keys',
    up: async (db) => {
      await sql`create table idempotency_keys (
        scope text not null,
        key text not null,
        fingerprint text not null,
        process text not null,
        claimed_at timestamptz not null,
        ended_at timestamptz,
        answer jsonb,
        primary key (scope, key)
      )`.execute(db);
      await sql`create index idempotency_keys_by_age on idempotency_keys (claimed_at)`.execute(db);
    },
  },
  {
    id: 'idempotency-0002-answers-as-written',
    up: async (db) => {
      // jsonb forgets in which order members stood; whoever repeats a request is owed the same bytes.
      await sql`alter table idempotency_keys alter column answer type json using answer::json`.execute(
        db,
      );
    },
  },
];

export interface IdempotencyTables {
  idempotency_keys: {
    scope: string;
    key: string;
    fingerprint: string;
    /** Of which process it was claimed; a random id, one a process. */
    process: string;
    claimed_at: Date;
    /** Null while it is at work. */
    ended_at: Date | null;
    /** Null when it ended and its answer is not kept. */
    answer: unknown;
  };
}
