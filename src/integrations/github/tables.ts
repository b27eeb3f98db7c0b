import { type ColumnType, type Generated, type Kysely, sql } from 'kysely';
import { type Budget, emptyBudget } from './governor/limits.ts';

/** Tables of this room. */
export interface GithubTables {
  readonly github_governor: {
    readonly credential: string;
    /** For people; never the token. */
    readonly name: string | null;
    readonly budget: ColumnType<unknown, string, string>;
  };
  /** Limits that a process was told of, beside the budget, whose row is locked most of the time when many send. */
  readonly github_pauses: {
    readonly credential: string;
    /** Epoch milliseconds by the database's clock. */
    readonly until_ms: number;
  };
  readonly github_etags: {
    readonly key: string;
    readonly etag: string;
    readonly body: string;
    readonly link: string | null;
    readonly used_at: Generated<Date>;
  };
  readonly github_standing: {
    readonly credential: string;
    /** Of the token that the counts are about. */
    readonly fingerprint: string;
    /** In a row. */
    readonly refusals: number;
    readonly suspended_at: Date | null;
  };
  readonly github_app_tokens: {
    readonly credential: string;
    /** Closed by the vault. */
    readonly sealed: string | null;
    readonly expires_at: Date | null;
  };
}

export const githubMigrations = [
  {
    id: 'github-0001-tables',
    up: async (db: Kysely<unknown>): Promise<void> => {
      await sql`create table github_governor (
        credential text primary key,
        budget jsonb not null
      )`.execute(db);
      await sql`create table github_etags (
        key text primary key,
        etag text not null,
        body text not null,
        link text,
        used_at timestamptz not null default now()
      )`.execute(db);
    },
  },
  {
    id: 'github-0002-credentials',
    up: async (db: Kysely<unknown>): Promise<void> => {
      await sql`create table github_standing (
        credential text primary key,
        fingerprint text not null,
        refusals integer not null,
        suspended_at timestamptz
      )`.execute(db);
      await sql`create table github_app_tokens (
        credential text primary key,
        sealed text,
        expires_at timestamptz
      )`.execute(db);
    },
  },
  {
    id: 'github-0003-names',
    up: async (db: Kysely<unknown>): Promise<void> => {
      await sql`alter table github_governor add column name text`.execute(db);
    },
  },
  {
    id: 'github-0004-pauses',
    up: async (db: Kysely<unknown>): Promise<void> => {
      await sql`create table github_pauses (
        credential text primary key,
        until_ms double precision not null
      )`.execute(db);
    },
  },
] as const;

/** The budget in a row; of a version that kept less, with what it did not keep empty. Null when it is none. */
export function readBudget(value: unknown): Budget | null {
  if (typeof value !== 'object' || value === null || !('pausedUntil' in value)) return null;
  const budget: Budget = { ...emptyBudget, ...(value as Partial<Budget>) };
  // Permits of an older version are for one request.
  const permits = budget.permits.map((held) => ({
    ...held,
    slots: Number.isFinite(held.slots) ? held.slots : 1,
  }));
  return { ...budget, permits };
}
