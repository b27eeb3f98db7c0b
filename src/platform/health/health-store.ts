import { type Kysely, type QueryCreator, sql } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import type { HealthReport, HealthStatus } from './check.ts';
import type { HealthTables } from './tables.ts';

/** A process that answers for the service. */
export interface Answerer {
  readonly process: string;
  readonly pid: number;
  readonly host: string;
}

/** One use of a remedy; `recovered` only if measuring again showed it. */
export interface RemedyRun {
  readonly at: Date;
  readonly remedy: string;
  readonly check: string;
  /** What was measured before. */
  readonly before: string;
  /** What was done. */
  readonly action: string;
  /** What was measured after. */
  readonly after: string;
  readonly outcome: 'recovered' | 'not_recovered' | 'failed' | 'gave_up';
}

/** Score and measured values of past reports. */
export interface PastReport {
  readonly at: Date;
  readonly overall: string;
  readonly score: number | null;
}

/** The course of one check: for each step the last value and the worst result, null where nobody measured. */
export interface CheckCourse {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly statuses: readonly (HealthStatus | null)[];
}

export interface HealthStore {
  /** The process that answers now; null when none said so within 15 s. */
  answerer(): Promise<Answerer | null>;
  /** Asks it; null when no answer came in time. */
  ask(categories: readonly string[], patienceMs: number): Promise<HealthReport | null>;
  /** Says that this process answers, and answers what was asked. */
  serve(
    self: Answerer,
    measure: (categories: readonly string[]) => Promise<HealthReport>,
  ): Promise<void>;
  leave(self: Answerer): Promise<void>;
  keepReport(self: Answerer, report: HealthReport): Promise<void>;
  keepRemedy(run: RemedyRun): Promise<void>;
  /** Newest first. */
  remedies(limit: number): Promise<readonly RemedyRun[]>;
  /** Oldest first. */
  reports(since: Date): Promise<readonly PastReport[]>;
  /** The last report of the last five minutes; null while nobody measures. */
  latest(): Promise<{ readonly at: Date; readonly overall: HealthStatus } | null>;
  /** What was measured in `steps` steps of `stepMs` from `from` on, by name of the check. */
  history(
    from: Date,
    stepMs: number,
    steps: number,
  ): Promise<{
    readonly overall: readonly (HealthStatus | null)[];
    readonly checks: readonly CheckCourse[];
  }>;
  prune(before: Date): Promise<void>;
}

const presentMs = 15_000;
const sayEveryMs = presentMs / 3;
const asksKeptMs = 60_000;
const latestMs = 300_000;

/** From the best to the worst. */
const ranks: readonly HealthStatus[] = ['healthy', 'unknown', 'degraded', 'unhealthy'];

interface Step {
  readonly name: string;
  readonly step: number;
  readonly value: number | null;
  /** Position in `ranks`, from 1. */
  readonly rank: number | null;
}

interface Writable {
  readonly values: (number | null)[];
  readonly statuses: (HealthStatus | null)[];
}

/** `tell` says to the processes that answer that something was asked; without it they find it when they look. */
export function createHealthStore(
  db: Kysely<HealthTables>,
  clock: Clock,
  tell: () => Promise<unknown> = async () => undefined,
): HealthStore {
  const ago = (ms: number): Date => new Date(clock.now().getTime() - ms);
  const said = new Map<string, number>();
  const sayPresent = (open: QueryCreator<HealthTables>, { process, pid, host }: Answerer) => {
    const seen = { pid, host, seen_at: clock.now() };
    return open
      .insertInto('health_services')
      .values({ process, ...seen })
      .onConflict((conflict) => conflict.column('process').doUpdateSet(seen));
  };
  return {
    answerer: async () => {
      const row = await db
        .selectFrom('health_services')
        .select(['process', 'pid', 'host'])
        .where('seen_at', '>', ago(presentMs))
        .orderBy('seen_at', 'desc')
        .executeTakeFirst();
      return row ?? null;
    },
    ask: async (categories, patienceMs) => {
      const { id } = await db
        .insertInto('health_asks')
        .values({ at: clock.now(), categories: JSON.stringify(categories) })
        .returning('id')
        .executeTakeFirstOrThrow();
      await tell();
      const until = clock.monotonicMs() + patienceMs;
      while (clock.monotonicMs() < until) {
        await clock.sleep(100);
        const row = await db
          .selectFrom('health_asks')
          .select('report')
          .where('id', '=', id)
          .executeTakeFirst();
        const report = (row?.report ?? null) as HealthReport | null;
        if (report !== null) return report;
      }
      return null;
    },
    serve: async (self, measure) => {
      const isDue =
        clock.monotonicMs() - (said.get(self.process) ?? Number.NEGATIVE_INFINITY) >= sayEveryMs;
      // Said and asked in one statement: a service does it every few seconds for as long as it rests.
      const from = isDue ? db.with('said', (open) => sayPresent(open, self)) : db;
      const asked = await from
        .selectFrom('health_asks')
        .select(['id', 'categories'])
        .where('report', 'is', null)
        .where('at', '>', ago(asksKeptMs))
        .limit(20)
        .execute();
      if (isDue) said.set(self.process, clock.monotonicMs());
      for (const { id, categories } of asked) {
        const report = JSON.stringify(await measure(categories as readonly string[]));
        await db.updateTable('health_asks').set({ report }).where('id', '=', id).execute();
      }
    },
    leave: async ({ process }) => {
      said.delete(process);
      await db.deleteFrom('health_services').where('process', '=', process).execute();
    },
    keepReport: async ({ process }, { overallStatus, score, checks }) => {
      const values = Object.fromEntries(
        checks.map(({ name, value, status }) => [name, [status, value]]),
      );
      const row = { overall: overallStatus, score, values: JSON.stringify(values) };
      await db
        .insertInto('health_reports')
        .values({ at: clock.now(), process, ...row })
        .onConflict((conflict) => conflict.columns(['at', 'process']).doUpdateSet(row))
        .execute();
    },
    keepRemedy: async ({ check, ...run }) => {
      await db
        .insertInto('health_remedies')
        .values({ ...run, check_name: check })
        .execute();
    },
    remedies: async (limit) => {
      const rows = await db
        .selectFrom('health_remedies')
        .selectAll()
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(({ id: _id, check_name, outcome, ...row }) => ({
        ...row,
        check: check_name,
        outcome: outcome as RemedyRun['outcome'],
      }));
    },
    reports: async (since) =>
      await db
        .selectFrom('health_reports')
        .select(['at', 'overall', 'score'])
        .where('at', '>=', since)
        .orderBy('at')
        .limit(1500)
        .execute(),
    latest: async () => {
      const row = await db
        .selectFrom('health_reports')
        .select(['at', 'overall'])
        .where('at', '>', ago(latestMs))
        .orderBy('at', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : { at: row.at, overall: row.overall as HealthStatus };
    },
    history: async (from, stepMs, steps) => {
      const until = new Date(from.getTime() + steps * stepMs);
      const step = sql`floor(extract(epoch from at - ${from}) * 1000 / ${stepMs}::float8)::int`;
      // The name of an overall result is none that a check can have.
      const { rows } = await sql<Step>`
        select name, step, (array_agg(value order by at desc))[1] as value, max(array_position(${ranks}::text[], status)) as rank
        from (
          select '' as name, ${step} as step, at, null::float8 as value, overall as status
            from health_reports where at >= ${from} and at < ${until}
          union all
          select measured.key, ${step}, at, (measured.value->>1)::float8, measured.value->>0
            from health_reports, jsonb_each(values) as measured where at >= ${from} and at < ${until}
        ) as facts group by name, step order by name`.execute(db);
      const empty = <T>(): (T | null)[] => Array.from({ length: steps }, () => null);
      const overall = empty<HealthStatus>();
      const checks = new Map<string, Writable>();
      for (const { name, step: index, value, rank } of rows) {
        const status = ranks[(rank ?? 0) - 1] ?? null;
        if (name === '') {
          overall[index] = status;
          continue;
        }
        const course = checks.get(name) ?? {
          values: empty<number>(),
          statuses: empty<HealthStatus>(),
        };
        checks.set(name, course);
        course.values[index] = value;
        course.statuses[index] = status;
      }
      return { overall, checks: [...checks].map(([name, course]) => ({ name, ...course })) };
    },
    prune: async (before) => {
      await db.deleteFrom('health_asks').where('at', '<', ago(asksKeptMs)).execute();
      await db.deleteFrom('health_services').where('seen_at', '<', ago(asksKeptMs)).execute();
      await db.deleteFrom('health_reports').where('at', '<', before).execute();
      await db.deleteFrom('health_remedies').where('at', '<', before).execute();
    },
  };
}
