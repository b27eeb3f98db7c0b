import { sql } from 'kysely';
import type { Migration } from '../database/migrate.ts';

/** What makes the tables of identity. */
export const identityMigrations: readonly Migration[] = [
  {
    id: 'identity-0001-tables',
    up: async (db) => {
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  },
];

const statements = [
  `create table identity_users (
    id text primary key,
    name text not null,
    name_key text not null unique,
    grants jsonb not null,
    password text,
    must_change_password boolean not null default false,
    totp_secret text,
    totp_pending text,
    totp_last_step bigint not null default 0,
    disabled_at timestamptz,
    removed_at timestamptz,
    created_at timestamptz not null,
    created_by text not null,
    signed_in_at timestamptz
  )`,
  `create table identity_sessions (
    id text primary key,
    secret_hash text not null unique,
    user_id text not null references identity_users (id) on delete cascade,
    awaits_factor boolean not null,
    tries integer not null default 0,
    created_at timestamptz not null,
    seen_at timestamptz not null,
    proven_at timestamptz not null,
    ends_at timestamptz not null,
    client text not null,
    method text not null
  )`,
  'create index identity_sessions_by_user on identity_sessions (user_id)',
  'create index identity_sessions_by_end on identity_sessions (ends_at)',
  `create table identity_tokens (
    id text primary key,
    secret_hash text not null unique,
    user_id text not null references identity_users (id) on delete cascade,
    name text not null,
    scopes jsonb not null,
    created_at timestamptz not null,
    created_by text not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    revoked_at timestamptz
  )`,
  'create index identity_tokens_by_user on identity_tokens (user_id)',
  `create table identity_recovery_codes (
    id text primary key,
    user_id text not null references identity_users (id) on delete cascade,
    salt text not null,
    hash text not null,
    used_at timestamptz
  )`,
  'create index identity_recovery_codes_by_user on identity_recovery_codes (user_id)',
  `create table identity_passkeys (
    id text primary key,
    user_id text not null references identity_users (id) on delete cascade,
    name text not null,
    public_key bytea not null,
    counter bigint not null,
    transports jsonb not null,
    created_at timestamptz not null,
    used_at timestamptz
  )`,
  'create index identity_passkeys_by_user on identity_passkeys (user_id)',
  `create table identity_challenges (
    id text primary key,
    purpose text not null,
    user_id text references identity_users (id) on delete cascade,
    challenge text not null,
    ends_at timestamptz not null
  )`,
  `create table identity_attempts (
    key text primary key,
    name_key text,
    count integer not null,
    since timestamptz not null,
    locked_until timestamptz
  )`,
  'create index identity_attempts_by_name on identity_attempts (name_key) where name_key is not null',
  // Where an account signed in before: what happens elsewhere does not shut its owner out there.
  `create table identity_known_clients (
    name_key text not null,
    client text not null,
    seen_at timestamptz not null,
    primary key (name_key, client)
  )`,
  `create table identity_bootstrap (
    one boolean primary key default true check (one),
    secret_hash text not null,
    ends_at timestamptz not null
  )`,
];
