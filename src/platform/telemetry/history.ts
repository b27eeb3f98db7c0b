import { type ColumnType, type Kysely, sql } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../database/database.ts';
import type { Migration } from '../database/migrate.ts';
import { addBins, type DurationBins } from './duration-bins.ts';
import type { Area, Counts, Series } from './telemetry.ts';

interface TelemetryTables {
  readonly performance_minutes: {
    readonly minute: Date;
    readonly process: string;
    readonly area: string;
    readonly name: string;
    readonly calls: number;
    readonly refused: number;
    readonly failed: number;
    readonly total_ms: number;
    readonly max_ms: number;
    readonly bins: ColumnType<unknown, string, string>;
  };
  readonly performance_gauges: {
    readonly minute: Date;
    readonly process: string;
    readonly values: ColumnType<unknown, string, string>;
    readonly address: string | null;
  };
  readonly performance_baselines: {
    readonly at: Date;
    readonly made_by: string;
    readonly hours: number;
    readonly series: ColumnType<unknown, string, string>;
  };
}

/** Figures of past minutes, and baselines. */
export const telemetryMigrations: readonly Migration[] = [
  {
    id: 'telemetry-0001-history',
    up: async (db) => {
      await sql`create table performance_minutes (
        minute timestamptz not null,
        process text not null,
        area text not null,
        name text not null,
        calls bigint not null,
        refused bigint not null,
        failed bigint not null,
        total_ms double precision not null,
        max_ms double precision not null,
        bins jsonb not null,
        primary key (minute, area, name, process)
      )`.execute(db);
      await sql`create table performance_gauges (
        minute timestamptz not null,
        process text not null,
        values jsonb not null,
        address text,
        primary key (minute, process)
      )`.execute(db);
      await sql`create table performance_baselines (
        at timestamptz primary key,
        made_by text not null,
        hours double precision not null,
        series jsonb not null
      )`.execute(db);
    },
  },
];

export interface HistoryQuery {
  readonly since: Date;
  readonly until?: Date;
  readonly area?: Area;
  readonly name?: string;
}

/** One minute of all operations, or of one objective, all processes together. */
export interface MinuteTotal {
  readonly minute: Date;
  /** `operation`, or the name of the objective. */
  readonly of: string;
  readonly calls: number;
  readonly failed: number;
}

/** Counts of one step of time, all series that were asked for and all processes together. */
export interface Step extends Counts {
  readonly at: Date;
}

export interface GaugeStep {
  readonly at: Date;
  /** As the text format names it: `claude_manager_tasks{state="done"}`. */
  readonly key: string;
  readonly value: number;
}

/** What performance was when it was called normal. */
export interface Baseline {
  readonly at: Date;
  readonly madeBy: string;
  /** How far it looked back. */
  readonly hours: number;
  readonly series: readonly Series[];
}

export interface History {
  /** Adds counts to the row of the minute of now, one row a series and process. */
  write(series: readonly Series[]): Promise<void>;
  /** `address` is where the process answers over HTTP; null when it does not. */
  writeGauges(values: Readonly<Record<string, number>>, address: string | null): Promise<void>;
  /** Where a process that wrote since then answers; null when none does. */
  address(since: Date): Promise<string | null>;
  /** Sums of a period, by area and name. */
  sums(query: HistoryQuery): Promise<readonly Series[]>;
  /** The same in steps of so many seconds, oldest first; steps without a call are left out. */
  steps(query: HistoryQuery, seconds: number): Promise<readonly Step[]>;
  /** Gauges whose name (without labels) is one of these, averaged over steps and processes, oldest first. */
  gaugeSteps(names: readonly string[], since: Date, seconds: number): Promise<readonly GaugeStep[]>;
  /** Minute by minute, oldest first; minutes without a call are left out. */
  totals(since: Date): Promise<readonly MinuteTotal[]>;
  gauges(
    since: Date,
  ): Promise<
    readonly { readonly minute: Date; readonly values: Readonly<Record<string, number>> }[]
  >;
  /** Removes what is older; answers how many rows. */
  prune(before: Date): Promise<number>;
  keepBaseline(baseline: Baseline): Promise<void>;
  /** The newest one; null before the first. */
  baseline(): Promise<Baseline | null>;
}

/** The past in the database, shared by all processes. `process` tells them apart. */
export function createHistory(
  database: Pick<Database, 'kysely'>,
  deps: { readonly clock: Pick<Clock, 'now'>; readonly process: string },
): History {
  const db = database.kysely<TelemetryTables>();
  const minuteNow = (): Date => new Date(Math.floor(deps.clock.now().getTime() / 60_000) * 60_000);
  // Each adds to what it has read, so two at once would lose what the other one wrote.
  let last: Promise<unknown> = Promise.resolve();
  return {
    write: async (series) => {
      if (series.length === 0) return;
      const mine = last.then(() => writeMinute(db, minuteNow(), deps.process, series));
      last = mine.catch(() => undefined); // who wrote it is told
      await mine;
    },
    writeGauges: async (values, address) => {
      const row = { values: JSON.stringify(values), address };
      await db
        .insertInto('performance_gauges')
        .values({ minute: minuteNow(), process: deps.process, ...row })
        .onConflict((conflict) => conflict.columns(['minute', 'process']).doUpdateSet(row))
        .execute();
    },
    address: async (since) => {
      const row = await db
        .selectFrom('performance_gauges')
        .select('address')
        .where('minute', '>=', since)
        .where('address', 'is not', null)
        .orderBy('minute', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row?.address ?? null;
    },
    sums: async (query) => await readSums(db, query),
    steps: async (query, seconds) => await readSteps(db, query, seconds),
    gaugeSteps: async (names, since, seconds) => {
      const { rows } = await sql<GaugeStep>`
        select ${stepOf(seconds)} as at, one.key, avg(one.value::double precision) as value
        from performance_gauges, jsonb_each_text(values) as one
        where minute >= ${since} and split_part(one.key, '{', 1) = any(${names})
        group by 1, 2 order by 1, 2`.execute(db);
      return rows;
    },
    totals: async (since) => {
      const { rows } = await sql<MinuteTotal>`
        select minute, case when area = 'objective' then name else area end as of,
          sum(calls)::bigint as calls, sum(failed)::bigint as failed
        from performance_minutes where area in ('operation', 'objective') and minute >= ${since}
        group by 1, 2 order by 1, 2`.execute(db);
      return rows;
    },
    gauges: async (since) => {
      const rows = await db
        .selectFrom('performance_gauges')
        .select(['minute', 'values'])
        .where('minute', '>=', since)
        .orderBy('minute')
        .limit(50_000)
        .execute();
      return rows.map(({ minute, values }) => ({
        minute,
        values: values as Readonly<Record<string, number>>,
      }));
    },
    prune: async (before) => {
      const minutes = await db
        .deleteFrom('performance_minutes')
        .where('minute', '<', before)
        .executeTakeFirst();
      const gauges = await db
        .deleteFrom('performance_gauges')
        .where('minute', '<', before)
        .executeTakeFirst();
      return Number(minutes.numDeletedRows + gauges.numDeletedRows);
    },
    keepBaseline: async ({ at, madeBy, hours, series }) => {
      await db
        .insertInto('performance_baselines')
        .values({ at, made_by: madeBy, hours, series: JSON.stringify(series) })
        .execute();
    },
    baseline: async () => {
      const row = await db
        .selectFrom('performance_baselines')
        .selectAll()
        .orderBy('at', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (row === undefined) return null;
      const series = row.series as readonly Series[];
      return { at: row.at, madeBy: row.made_by, hours: row.hours, series };
    },
  };
}

export function addCounts(one: Counts, other: Counts): Counts {
  return {
    calls: one.calls + other.calls,
    refused: one.refused + other.refused,
    failed: one.failed + other.failed,
    totalMs: one.totalMs + other.totalMs,
    maxMs: Math.max(one.maxMs, other.maxMs),
    bins: addBins(one.bins, other.bins),
  };
}

async function writeMinute(
  db: Kysely<TelemetryTables>,
  minute: Date,
  process: string,
  series: readonly Series[],
): Promise<void> {
  await db.transaction().execute(async (open) => {
    const standing = await open
      .selectFrom('performance_minutes')
      .selectAll()
      .where('minute', '=', minute)
      .where('process', '=', process)
      .execute();
    const before = new Map(standing.map((row) => [`${row.area} ${row.name}`, countsOf(row)]));
    const rows = series.map(({ area, name, ...counts }) => {
      const known = before.get(`${area} ${name}`);
      const { calls, refused, failed, totalMs, maxMs, bins } =
        known === undefined ? counts : addCounts(known, counts);
      const sums = { calls, refused, failed, total_ms: totalMs, max_ms: maxMs };
      return { minute, process, area, name, ...sums, bins: JSON.stringify(bins) };
    });
    await open
      .insertInto('performance_minutes')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['minute', 'area', 'name', 'process']).doUpdateSet((row) => ({
          calls: row.ref('excluded.calls'),
          refused: row.ref('excluded.refused'),
          failed: row.ref('excluded.failed'),
          total_ms: row.ref('excluded.total_ms'),
          max_ms: row.ref('excluded.max_ms'),
          bins: row.ref('excluded.bins'),
        })),
      )
      .execute();
  });
}

/** The step that a minute belongs to; steps begin at multiples of their length since 1970. */
function stepOf(seconds: number) {
  return sql`to_timestamp(floor(extract(epoch from minute) / ${seconds}) * ${seconds})`;
}

function within({ since, until, area, name }: HistoryQuery) {
  const end = until ?? new Date(8.64e15);
  return sql`minute >= ${since} and minute < ${end}
    and area = coalesce(${area ?? null}, area) and name = coalesce(${name ?? null}, name)`;
}

async function readSteps(
  db: Kysely<TelemetryTables>,
  query: HistoryQuery,
  seconds: number,
): Promise<readonly Step[]> {
  const { rows } = await sql<Omit<SumRow, 'bins'> & { at: Date }>`
    select ${stepOf(seconds)} as at, sum(calls)::bigint as calls, sum(refused)::bigint as refused,
      sum(failed)::bigint as failed, sum(total_ms) as total_ms, max(max_ms) as max_ms
    from performance_minutes where ${within(query)} group by 1 order by 1`.execute(db);
  const bins = await sql<{ at: Date; bins: DurationBins }>`
    select at, jsonb_object_agg(bin, count) as bins from (
      select ${stepOf(seconds)} as at, one.key as bin, sum(one.value::bigint)::bigint as count
      from performance_minutes, jsonb_each_text(bins) as one where ${within(query)} group by 1, 2
    ) as counted group by at`.execute(db);
  const binsOf = new Map(bins.rows.map((row) => [row.at.getTime(), row.bins]));
  return rows.map((row) => ({
    at: row.at,
    ...countsOf({ ...row, bins: binsOf.get(row.at.getTime()) ?? {} }),
  }));
}

async function readSums(
  db: Kysely<TelemetryTables>,
  query: HistoryQuery,
): Promise<readonly Series[]> {
  const { rows } = await sql<Omit<SumRow, 'bins'>>`
    select area, name, sum(calls)::bigint as calls, sum(refused)::bigint as refused,
      sum(failed)::bigint as failed, sum(total_ms) as total_ms, max(max_ms) as max_ms
    from performance_minutes where ${within(query)} group by area, name`.execute(db);
  const bins = await sql<{ area: string; name: string; bins: DurationBins }>`
    select area, name, jsonb_object_agg(bin, count) as bins from (
      select area, name, one.key as bin, sum(one.value::bigint)::bigint as count
      from performance_minutes, jsonb_each_text(bins) as one where ${within(query)} group by area, name, one.key
    ) as counted group by area, name`.execute(db);
  const binsOf = new Map(bins.rows.map((row) => [`${row.area} ${row.name}`, row.bins]));
  return rows.map((row) => ({
    area: row.area as Area,
    name: row.name,
    ...countsOf({ ...row, bins: binsOf.get(`${row.area} ${row.name}`) ?? {} }),
  }));
}

interface SumRow {
  readonly area: string;
  readonly name: string;
  readonly calls: number;
  readonly refused: number;
  readonly failed: number;
  readonly total_ms: number;
  readonly max_ms: number;
  readonly bins: unknown;
}

function countsOf(row: {
  readonly calls: number;
  readonly refused: number;
  readonly failed: number;
  readonly total_ms: number;
  readonly max_ms: number;
  readonly bins: unknown;
}): Counts {
  return {
    calls: row.calls,
    refused: row.refused,
    failed: row.failed,
    totalMs: row.total_ms,
    maxMs: row.max_ms,
    bins: row.bins as DurationBins,
  };
}
