import { sql } from 'kysely';
import type { Migration } from '../database/migrate.ts';

/** What makes the tables of the vault. Values stand in them only as Fernet tokens. */
export const vaultMigrations: readonly Migration[] = [
  {
    id: 'vault-0001-entries',
    up: async (db) => {
      // One row: the key that everything new is closed with; its lock orders writes and changes of the key.
      await sql`create table vault_state (
        one boolean primary key default true check (one),
        key_id text
      )`.execute(db);
      await sql`insert into vault_state (one) values (true)`.execute(db);
      await sql`create table vault_entries (
        name text primary key,
        kind text not null check (kind in ('credential', 'sealing')),
        version integer not null,
        token text,
        key_id text,
        previous_token text,
        previous_key_id text,
        previous_until timestamptz,
        expires_at timestamptz,
        created_at timestamptz not null,
        changed_at timestamptz not null,
        usage_count bigint not null default 0,
        last_used_at timestamptz,
        last_purpose text,
        warned_days integer,
        rotating_until timestamptz,
        rotation_failed_at timestamptz,
        rotation_error text
      )`.execute(db);
    },
  },
];
