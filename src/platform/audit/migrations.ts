import { type Kysely, sql } from 'kysely';
import type { Migration } from '../database/migrate.ts';
import { bodyOf, chainStart, type PlacedEntry } from './audit-entry.ts';

/** What makes the tables of the audit; entries can be added and read, and removed only by pruning. */
export const auditMigrations: readonly Migration[] = [
  {
    id: 'audit-0001-chain',
    up: async (db) => {
      for (const statement of chainTables) await sql.raw(statement).execute(db);
    },
  },
  {
    id: 'audit-0002-bodies-and-checkpoints',
    up: async (db) => {
      await sql
        .raw('alter table audit_entries add column body text, add column taken_from text')
        .execute(db);
      await sql.raw('drop trigger audit_entries_stay on audit_entries').execute(db);
      await keepBodies(db);
      for (const statement of bodiesAndCheckpoints) await sql.raw(statement).execute(db);
    },
  },
  {
    id: 'audit-0003-append-at-once',
    up: async (db) => {
      await sql
        .raw(appendFunction('create function', `* from unnest(${columnArrays})`))
        .execute(db);
    },
  },
  {
    id: 'audit-0004-append-without-tables-in-memory',
    up: async (db) => {
      // In a FROM clause the arrays become a table in memory each, which cost more than the rest of an append.
      const inStep = columnArrays.replaceAll(/\w+/gu, 'unnest($&)');
      await sql.raw(appendFunction('create or replace function', inStep)).execute(db);
    },
  },
  {
    id: 'audit-0005-wait-for-who-stands-still',
    up: async (db) => {
      await sql`alter function audit_append set lock_timeout = '15s'`.execute(db);
    },
  },
  {
    id: 'audit-0006-append-one',
    up: async (db) => {
      await sql.raw(appendOneFunction).execute(db);
    },
  },
];

// What `createChain` does in a transaction of several statements, in one where nobody else was faster: true says that the
// entries were added behind the entry that the caller knew as the last. Each statement in it sees what was committed
// before the lock was had, because the function is volatile (PostgreSQL manual, "Function Volatility Categories").
const appendFunction = (
  create: string,
  rows: string,
): string => `${create} audit_append(last_seq bigint, last_hash text,
    seqs bigint[], ats timestamptz[], events text[], outcomes text[], actors text[], targets text[],
    correlations text[], beguns bigint[], bodies text[], hashes text[]) returns boolean
  language plpgsql volatile set lock_timeout = '5s' as $$
  begin
    perform pg_advisory_xact_lock(hashtextextended('claude-manager audit', 0));
    if exists (select from audit_queue) or not exists (
      select from (select seq, hash from audit_entries order by seq desc limit 1) head
      where head.seq = last_seq and head.hash = last_hash)
    then return false; end if;
    insert into audit_entries
      (seq, at, event, outcome, actor_name, target, correlation_id, begun, body, hash)
      select ${rows};
    return true;
  end $$`;
const columnArrays =
  'seqs, ats, events, outcomes, actors, targets, correlations, beguns, bodies, hashes';

// The same for a single entry, which is what an operation waits for: arrays of one cost both sides more than the values.
const appendOneFunction = `create function audit_append_one(last_seq bigint, last_hash text,
    new_seq bigint, new_at timestamptz, new_event text, new_outcome text, new_actor text, new_target text,
    new_correlation text, new_begun bigint, new_body text, new_hash text) returns boolean
  language plpgsql volatile set lock_timeout = '15s' as $$
  begin
    perform pg_advisory_xact_lock(hashtextextended('claude-manager audit', 0));
    if exists (select from audit_queue) or not exists (
      select from (select seq, hash from audit_entries order by seq desc limit 1) head
      where head.seq = last_seq and head.hash = last_hash)
    then return false; end if;
    insert into audit_entries
      (seq, at, event, outcome, actor_name, target, correlation_id, begun, body, hash)
      values (new_seq, new_at, new_event, new_outcome, new_actor, new_target, new_correlation,
        new_begun, new_body, new_hash);
    return true;
  end $$`;

const chainTables = [
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

const bodiesAndCheckpoints = [
  'alter table audit_entries alter column body set not null',
  'drop index audit_entries_by_actor',
  'alter table audit_entries alter column actor_name drop expression, alter column actor_name set not null',
  'create index audit_entries_by_actor on audit_entries (actor_name, seq)',
  `alter table audit_entries drop column actor, drop column facts, drop column previous_hash`,
  'create unique index audit_entries_taken_once on audit_entries (taken_from) where taken_from is not null',
  // The last entry is the head, and an advisory lock makes the chain linear: nothing here is ever updated.
  'drop table audit_head',
  `create table audit_checkpoints (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('checkpoint', 'prune', 'gap')),
    size bigint not null,
    at timestamptz(3) not null,
    note text not null,
    frontier text not null
  )`,
  'create index audit_checkpoints_by_size on audit_checkpoints (kind, size)',
  // Removes only what is in the log already.
  `create function audit_forget_queued() returns void language sql security definer as $$
    delete from audit_queue q using audit_entries e where e.taken_from = 'queue:' || q.id $$`,
  // Removes the beginning of the log; whoever verifies asks for the signed statement that belongs to it.
  `create function audit_remove_until(last bigint) returns void language plpgsql security definer as $$
    begin
      perform set_config('claude_manager.audit_prune', 'on', true);
      delete from audit_entries where seq <= last;
      delete from audit_checkpoints where size < last and kind = 'checkpoint';
      perform set_config('claude_manager.audit_prune', 'off', true);
    end $$`,
  `create or replace function audit_entries_stay() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' and current_setting('claude_manager.audit_prune', true) = 'on' then
        return null;
      end if;
      raise exception 'audit entries are never changed';
    end $$`,
  `create trigger audit_entries_stay before update or delete or truncate on audit_entries
    for each statement execute function audit_entries_stay()`,
  `create trigger audit_checkpoints_stay before update or delete or truncate on audit_checkpoints
    for each statement execute function audit_entries_stay()`,
];

type OldRow = Omit<
  PlacedEntry,
  'correlationId' | 'previousHash' | 'source' | 'reason' | 'before' | 'after' | 'version'
> & { readonly correlation_id: string; readonly previous_hash: string };

/** The line of each entry as it was hashed: without the members that came later. */
async function keepBodies(db: Kysely<unknown>): Promise<void> {
  for (let last = 0; ; ) {
    const { rows } = await sql<OldRow>`
      select seq, at, event, outcome, actor, target, correlation_id, facts, begun, previous_hash
      from audit_entries where seq > ${last} order by seq limit 1000`.execute(db);
    if (rows.length === 0) return;
    for (const { correlation_id, previous_hash, ...row } of rows) {
      const entry = { ...row, correlationId: correlation_id, previousHash: previous_hash };
      const body = bodyOf(entry as unknown as PlacedEntry);
      await sql`update audit_entries set body = ${body} where seq = ${row.seq}`.execute(db);
      last = row.seq;
    }
  }
}
