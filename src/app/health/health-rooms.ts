import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import type { Served } from '../../operations/gate.ts';
import { healthHandlers } from '../../operations/health/handlers.ts';
import type { PipelinePorts } from '../../pipeline/pipeline-ports.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { CheckResult, HealthCheck, HealthReport } from '../../platform/health/check.ts';
import { clockCheck, clockOffsetMs } from '../../platform/health/clock-check.ts';
import type { Remedy } from '../../platform/health/healer.ts';
import { createHealer } from '../../platform/health/healer.ts';
import type { HealthStore, RemedyRun } from '../../platform/health/health-store.ts';
import { createHealthStore } from '../../platform/health/health-store.ts';
import { type KeeperDeps, keepHealth } from '../../platform/health/keeper.ts';
import { createTrend } from '../../platform/health/process-checks.ts';
import { sharedRead } from '../../platform/health/shared-read.ts';
import type { HealthTables } from '../../platform/health/tables.ts';
import { createCensus } from '../../platform/identity/census.ts';
import type { IdentityTables } from '../../platform/identity/tables.ts';
import { correlationIdHere } from '../../platform/logging/context.ts';
import { type BreakerTables, breakerStates } from '../../platform/resilience/breakers.ts';
import { percentile } from '../../platform/telemetry/duration-bins.ts';
import { addCounts, type History } from '../../platform/telemetry/history.ts';
import type { Counts } from '../../platform/telemetry/telemetry.ts';
import { type WorkNotice, workChannel } from '../../storage/dispatch-notices.ts';
import type { StoreRooms } from '../store/open-store.ts';
import type { RecentFigures } from './health-checks.ts';
import { logQuotaBytes, memoryLimitMb, storeChecks } from './health-checks.ts';
import { openRemedies } from './remedies/remedies.ts';

export interface HealthRoomParts {
  readonly config: () => Config;
  readonly configFolder: string;
  readonly path: string;
  readonly store: Pick<StoreRooms, 'database' | 'vault' | 'audit' | 'breakers' | 'githubClock'>;
  readonly pipeline: Pick<PipelinePorts, 'runs'>;
  readonly log: Log;
  readonly history: Pick<History, 'sums'>;
}

export interface HealthRooms {
  /** `checks` are those of other rooms. */
  handlers(parts: { readonly checks: () => readonly HealthCheck[] }): readonly Served[];
  /** Measures, answers, and mends until the answer is called. */
  keep(engine: {
    readonly settleLeftovers: () => Promise<number>;
    readonly onAsked: KeeperDeps['onAsked'];
  }): () => Promise<void>;
  /** The last overall result; null while nobody measures. */
  readonly latest: HealthStore['latest'];
  /** No new run is started while this process holds more memory than it should. */
  isMemoryTight(): boolean;
  /**
   * What is not well, and what was not since this was asked last though it is well again; null before the first look.
   * Asking forgets it.
   */
  takeUnwell(): readonly CheckResult[] | null;
  /** Remedies that gave up within the hour. */
  gaveUp(): Promise<readonly RemedyRun[]>;
}

/** Folders of ended runs may take this much before they are removed. */
const leftoverQuotaBytes = 100 * 2 ** 20;

export function openHealthRooms(parts: HealthRoomParts): HealthRooms {
  const { config, store, pipeline, log } = parts;
  const clock = systemClock;
  const now = (): Date => clock.now();
  const census = createCensus(
    store.database.kysely<IdentityTables>(),
    () => config().security.authentication.session_timeout_minutes * 60_000,
  );
  const kept = createHealthStore(store.database.kysely<HealthTables>(), clock, () =>
    store.database.pool.query('select pg_notify($1, $2)', [
      workChannel,
      'health' satisfies WorkNotice,
    ]),
  );
  const leftovers = {
    folder: join(config().dataDir, 'workspaces'),
    liveRuns: async () => new Set((await pipeline.runs.live()).map(({ id }) => id)),
    quotaBytes: leftoverQuotaBytes,
    now,
  };
  const own = storeChecks({
    ...parts,
    database: store.database,
    census,
    trend: createTrend(clock),
    leftovers,
    now,
    figures: sharedRead(() => recentFigures(parts.history, now())),
  });
  const startedOffMs = clockOffsetMs(clock);
  const clockNow = clockCheck({
    clock,
    startedOffMs,
    peer: { name: 'GitHub', apart: () => store.githubClock.apart() },
    serverNow: async () => {
      const { rows } = await store.database.pool.query<{ at: Date }>(
        'select clock_timestamp() as at',
      );
      return rows[0]?.at ?? new Date(Number.NaN);
    },
  });
  const self = { process: systemRandom.uuid(), pid: process.pid, host: hostname() };
  let standing: ReadonlyMap<string, CheckResult> | null = null;
  let worst: ReadonlyMap<string, CheckResult> = new Map();
  let others: () => readonly HealthCheck[] = () => [];
  const checks = (): readonly HealthCheck[] => [...others(), ...own, clockNow];
  return {
    handlers: ({ checks: added }) => {
      others = added;
      return healthHandlers({ checks, clock, store: kept, self });
    },
    latest: () => kept.latest(),
    takeUnwell: () => {
      if (standing === null) return null;
      const taken = new Map([...worst, ...standing]);
      worst = new Map();
      return [...taken.values()];
    },
    gaveUp: async () =>
      (await kept.remedies(100)).filter(
        ({ outcome, at }) => outcome === 'gave_up' && now().getTime() - at.getTime() < 3_600_000,
      ),
    isMemoryTight,
    keep: ({ settleLeftovers, onAsked }) => {
      const remedies = openRemedies({
        clock,
        random: systemRandom,
        dataDir: config().dataDir,
        logs: { folder: config().logDir, quotaBytes: logQuotaBytes(config()) },
        leftovers,
        isMemoryTight,
        askDatabase: () => store.database.pool.query('select 1'),
        removeExpired: () => census.removeExpired(now()),
        maintainVault: () => store.vault.maintain(),
        settleLeftovers,
        breakers: store.breakers,
        breakerStates: () => breakerStates(store.database.kysely<BreakerTables>(), now()),
        askable: () => askableOf(config()),
      });
      const healer = createHealer({
        clock,
        log,
        remedies,
        audited: (remedy, act) => audited(store.audit, remedy, act),
        keep: (run) => kept.keepRemedy(run),
        alert: ({ remedy, check, before }) => {
          const facts = { category: 'security', alert: 'remedy_gave_up', remedy, check, before };
          log.error(facts, 'a remedy did not help and is not used any more for now');
        },
      });
      return keepHealth({
        clock,
        random: systemRandom,
        log,
        self,
        store: kept,
        checks,
        healer,
        onAsked,
        seen: (report) => {
          standing = stillUnwell(standing ?? new Map(), report);
          worst = new Map([...worst, ...standing]);
        },
      });
    },
  };
}

/** The same limit as the check of the process has. */
const isMemoryTight = (): boolean => process.memoryUsage.rss() >= memoryLimitMb * 2 ** 20;

/** GitHub's API and its git server, by the names of their breakers. */
function askableOf({ github }: Config): ReadonlyMap<string, string> {
  if (github.managerRepo === null) return new Map();
  return new Map([
    ['github', github.apiUrl],
    [`git ${new URL(github.serverUrl).host}`, github.serverUrl],
  ]);
}

/** What is not well after a look; of what could not be measured, what was known of it before. */
function stillUnwell(
  before: ReadonlyMap<string, CheckResult>,
  { checks }: HealthReport,
): ReadonlyMap<string, CheckResult> {
  return new Map(
    checks.flatMap((check) => {
      const known = check.status === 'unknown' ? before.get(check.name) : check;
      return known === undefined || known.status === 'healthy' || known.status === 'unknown'
        ? []
        : [[check.name, known] as const];
    }),
  );
}

/** They last as long as they are wanted, which is no slow answer. */
const longOnes: ReadonlySet<string> = new Set([
  'service.start',
  'service.demo',
  'service.stop',
  'changes.watch',
  'tasks.execute',
]);

/** All operations of the last quarter of an hour. */
async function recentFigures(
  history: Pick<History, 'sums'>,
  now: Date,
): Promise<RecentFigures | null> {
  const since = new Date(now.getTime() - 900_000);
  const all = await history.sums({ since, area: 'operation' });
  const series = all.filter(({ name }) => !longOnes.has(name));
  const [first, ...rest] = series;
  if (first === undefined) return null;
  const { calls, failed, bins } = rest.reduce<Counts>(addCounts, first);
  const p95Ms = percentile(bins, 0.95);
  return p95Ms === null ? null : { calls, failed, p95Ms };
}

/** Begun on disk before anything is done; while the database is away that is the reserve of the log. */
export async function audited<T>(
  audit: Pick<StoreRooms['audit'], 'begin' | 'finish'>,
  { name, check }: Remedy,
  act: () => Promise<T>,
): Promise<T> {
  const entry = {
    event: 'health.remedy',
    actor: { kind: 'system', name: 'health' },
    target: name,
    correlationId: correlationIdHere(systemRandom),
    facts: { check },
  } as const;
  const id = await audit.begin(entry, true);
  try {
    const done = await act();
    await audit.finish(id, 'ok', { did: String(done) });
    return done;
  } catch (error) {
    await audit.finish(id, 'failed', { reason: String(error) });
    throw error;
  }
}
