import { type ColumnType, type Generated, sql } from 'kysely';
import type { Migration } from '../database/migrate.ts';

type Json = ColumnType<unknown, string, string>;

export interface HealthTables {
  /** Processes that answer questions about health; one that has not said so for a while is gone. */
  readonly health_services: {
    readonly process: string;
    readonly pid: number;
    readonly host: string;
    readonly seen_at: Date;
  };
  readonly health_asks: {
    readonly id: Generated<number>;
    readonly at: Date;
    readonly categories: Json;
    readonly report: Json | null;
  };
  readonly health_reports: {
    readonly at: Date;
    readonly process: string;
    readonly overall: string;
    readonly score: number | null;
    readonly values: Json;
  };
  readonly health_remedies: {
    readonly id: Generated<number>;
    readonly at: Date;
    readonly remedy: string;
    readonly check_name: string;
    readonly before: string;
    readonly action: string;
    readonly after: string;
    readonly outcome: string;
  };
}

export const healthMigrations: readonly Migration[] = [
  {
    id: 'health-0001-tables',
    up: async (db) => {
      await sql`create table health_services (
        process text primary key, pid integer not null, host text not null, seen_at timestamptz not null
      )`.execute(db);
      await sql`create table health_asks (
        id bigint generated always as identity primary key,
        at timestamptz not null, categories jsonb not null, report jsonb
      )`.execute(db);
      await sql`create table health_reports (
        at timestamptz not null, process text not null, overall text not null,
        score integer, values jsonb not null, primary key (at, process)
      )`.execute(db);
      await sql`create table health_remedies (
        id bigint generated always as identity primary key,
        at timestamptz not null, remedy text not null, check_name text not null, before text not null,
        action text not null, after text not null, outcome text not null
      )`.execute(db);
      await sql`create index health_remedies_by_time on health_remedies (at)`.execute(db);
    },
  },
];
