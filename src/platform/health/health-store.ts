import type { Kysely } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import type { HealthReport } from './check.ts';
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
  prune(before: Date): Promise<void>;
}

const presentMs = 15_000;
const asksKeptMs = 60_000;

export function createHealthStore(db: Kysely<HealthTables>, clock: Clock): HealthStore {
  const ago = (ms: number): Date => new Date(clock.now().getTime() - ms);
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
      const seen = { pid: self.pid, host: self.host, seen_at: clock.now() };
      await db
        .insertInto('health_services')
        .values({ process: self.process, ...seen })
        .onConflict((conflict) => conflict.column('process').doUpdateSet(seen))
        .execute();
      const asked = await db
        .selectFrom('health_asks')
        .select(['id', 'categories'])
        .where('report', 'is', null)
        .where('at', '>', ago(asksKeptMs))
        .limit(20)
        .execute();
      for (const { id, categories } of asked) {
        const report = JSON.stringify(await measure(categories as readonly string[]));
        await db.updateTable('health_asks').set({ report }).where('id', '=', id).execute();
      }
    },
    leave: async ({ process }) => {
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
    prune: async (before) => {
      await db.deleteFrom('health_asks').where('at', '<', ago(asksKeptMs)).execute();
      await db.deleteFrom('health_services').where('seen_at', '<', ago(asksKeptMs)).execute();
      await db.deleteFrom('health_reports').where('at', '<', before).execute();
      await db.deleteFrom('health_remedies').where('at', '<', before).execute();
    },
  };
}
