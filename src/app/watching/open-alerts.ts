import { standingCheck } from '../../integrations/github/credentials/standing-check.ts';
import { readBudgetsLeft } from '../../integrations/github/governor/budget-left.ts';
import type { GithubTables } from '../../integrations/github/tables.ts';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { alertHandlers } from '../../operations/alerts/handlers.ts';
import type { Served } from '../../operations/gate.ts';
import type { Sink } from '../../platform/alerts/alerts.ts';
import { createAlerts, slackMessage } from '../../platform/alerts/alerts.ts';
import type { Minute } from '../../platform/alerts/burn.ts';
import type { AlertKind, Facts } from '../../platform/alerts/rules.ts';
import { judge } from '../../platform/alerts/rules.ts';
import type { Config } from '../../platform/config/schema.ts';
import { startPeriodic } from '../../platform/durable/periodic.ts';
import { countOpenEffects } from '../../platform/effects/count-open.ts';
import type { CheckResult } from '../../platform/health/check.ts';
import type { RemedyRun } from '../../platform/health/health-store.ts';
import { sendPublic } from '../../platform/outbound/public-url.ts';
import type { Blocks } from '../../platform/ratelimit/blocks.ts';
import type { Dependency } from '../../platform/resilience/dependency.ts';
import type { History, MinuteTotal } from '../../platform/telemetry/history.ts';
import type { HealthRooms } from '../health/health-rooms.ts';
import type { StoreRooms } from '../store/open-store.ts';
import { issueSink } from './alert-issues.ts';
import { notificationPolicy } from './notification-policy.ts';

export interface AlertParts {
  readonly config: () => Config;
  readonly store: Pick<
    StoreRooms,
    'database' | 'runs' | 'audit' | 'vault' | 'credentials' | 'breakers' | 'tasks' | 'effects'
  >;
  readonly history: Pick<History, 'totals' | 'sums' | 'baseline'>;
  readonly blocks: Pick<Blocks, 'list'>;
  readonly health: Pick<HealthRooms, 'takeUnwell' | 'gaveUp'>;
  /** Keeps what was counted until now, so that it is seen. */
  readonly flush: () => Promise<void>;
  readonly log: Log;
}

export interface AlertRooms {
  readonly served: readonly Served[];
  /** How many alerts people were told of, that are not over and not silenced. */
  firing(): Promise<number>;
  /**
   * Looks and tells until the answer is called, now and then and whenever `onAlert` says so; of several processes only
   * the one that leads.
   */
  keep(process: {
    readonly leads: () => boolean;
    readonly onAlert: (call: () => void) => () => Promise<void>;
  }): () => Promise<void>;
}

/** Alerts of a running service: what is measured, judged, kept and told. */
export function openAlerts(parts: AlertParts): AlertRooms {
  const { config, store, log } = parts;
  const policy = notificationPolicy(config(), store.breakers);
  const alerts = createAlerts(store.database, {
    clock: systemClock,
    log,
    sinks: () => sinksOf(parts, policy),
  });
  // What was not well between two looks and is not kept yet: whoever asks the checks for it makes them forget it.
  let unkept: ReadonlyMap<string, CheckResult> = new Map();
  const look = async (): Promise<void> => {
    await parts.flush();
    const { measured, others } = await readFacts(parts);
    // Null before the first look at the health, when nothing can be over.
    const taken = parts.health.takeUnwell();
    if (taken !== null) {
      unkept = new Map([...unkept, ...taken.map((one) => [one.name, one] as const)]);
      const unwell = [...others, ...unwellChecks([...unkept.values()])];
      if (await alerts.observe(judge({ ...measured, unwell }))) unkept = new Map();
    }
    await alerts.deliver();
  };
  return {
    served: alertHandlers({ alerts, clock: systemClock }),
    firing: async () =>
      (await alerts.list(false)).filter(
        ({ state, silenced_until: until }) => state === 'firing' && until === null,
      ).length,
    keep: ({ leads, onAlert }) => {
      const lookNow = inTurn(async () => {
        if (leads() && config().alerts.enabled) await look();
      });
      const everyMs = config().alerts.everySeconds * 1000;
      const stop = startPeriodic(
        { name: 'alerts', everyMs, work: lookNow },
        { clock: systemClock, random: systemRandom, log },
      );
      const stopHearing = onAlert(() => {
        lookNow().catch((error: unknown) => log.error({ error }, 'Looking for alerts failed.'));
      });
      return async () => {
        await stopHearing();
        await stop();
      };
    },
  };
}

/** Does it once more for each call, one after the other: one that is under way may have measured before. */
function inTurn(work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return async () => {
    last = last.then(work, work);
    await last;
  };
}

const hour = 3_600_000;
const minuteMs = 60_000;
/** Its calls stand in the audit log, whoever made them. */
const backupOperation = 'backups.create';

/** Measures what the rules judge beside the checks of the health, and reads what else is not well. */
async function readFacts(parts: AlertParts): Promise<{
  readonly measured: Omit<Facts, 'unwell'>;
  readonly others: Facts['unwell'];
}> {
  const { config, store, history, blocks } = parts;
  const { database } = store;
  const now = systemClock.now();
  const day = new Date(now);
  day.setUTCHours(0, 0, 0, 0);
  const ago = (ms: number): Date => new Date(now.getTime() - ms);
  // One after the other: nobody waits for it, and side by side they would need connections that are closed until next time.
  const totals = Map.groupBy(await history.totals(ago(73 * hour)), ({ of }) => of);
  const recent = await history.sums({ since: ago(hour / 4) });
  const baseline = await history.baseline();
  const effects = await countOpenEffects(database);
  const spent = await store.runs.spentSince(day);
  const quotas = await readBudgetsLeft(database);
  const standing = await blocks.list();
  const backups = await store.audit.list({ event: backupOperation, limit: 20 });
  const useless = await parts.health.gaveUp();
  const refused = await suspension(database);
  const ages = effects.flatMap(({ oldestSeconds }) => oldestSeconds ?? []);
  const ended = backups.find(({ outcome }) => outcome === 'ok' || outcome === 'failed');
  const measured = {
    nowMs: now.getTime(),
    availability: config().alerts.availability,
    latencyFactor: config().alerts.latencyFactor,
    operations: minutesOf(totals.get('operation')),
    objectives: {
      webhook_stored: minutesOf(totals.get('webhook_stored')),
      approval_started: minutesOf(totals.get('approval_started')),
      effects_once: minutesOf(totals.get('effects_once')),
    },
    recent,
    baseline: baseline?.series ?? null,
    blocked: standing,
    oldestEffectSeconds: ages.length === 0 ? null : Math.max(...ages),
    spentUsd: spent,
    budgetUsd: config().executor.budget.perDayUsd,
    quotas,
    backup: ended === undefined ? null : ended.outcome === 'failed' ? 'failed' : 'ok',
  } as const;
  return { measured, others: [...useless.map(uselessRemedy), ...refused] };
}

function minutesOf(totals: readonly MinuteTotal[] = []): readonly Minute[] {
  return totals.map(({ minute, calls, failed }) => ({ atMs: minute.getTime(), calls, failed }));
}

/** Of which checks people are told, as what, from which result on, and after how long. */
const told: Readonly<
  Record<string, readonly [AlertKind, from: 'degraded' | 'unhealthy', forMs: number]>
> = {
  disk: ['exhaustion', 'degraded', 0],
  memory: ['exhaustion', 'degraded', 0],
  process_memory: ['exhaustion', 'degraded', 0],
  temporary_space: ['exhaustion', 'degraded', 0],
  temporary_files: ['exhaustion', 'unhealthy', 0],
  file_descriptors: ['exhaustion', 'degraded', 0],
  logs: ['exhaustion', 'degraded', 0],
  database_server: ['exhaustion', 'degraded', 0],
  audit_log: ['audit_fault', 'degraded', 0],
  vault: ['credential_ending', 'degraded', 0],
  configuration_drift: ['config_drift', 'degraded', 0],
  clock: ['clock', 'degraded', 0],
  stuck_runs: ['stuck_work', 'degraded', minuteMs],
  dead_letters: ['stuck_work', 'degraded', 0],
  last_backup: ['backup_failed', 'unhealthy', 0],
  archive: ['backup_failed', 'degraded', 0],
  sign_in: ['security', 'unhealthy', 0],
  // Asked every half minute only, so that it is told within two minutes.
  GitHub: ['unhealthy', 'unhealthy', minuteMs / 2],
  // These faults keep the service from looking, so they are told once it can.
  database: ['unhealthy', 'unhealthy', 0],
  event_loop: ['unhealthy', 'degraded', 0],
};

/** Load alone is no fault; the others are alerts of their own, judged over a longer time or read anew at each look. */
const untold: ReadonlySet<string> = new Set([
  'cpu',
  'error_rate',
  'response_times',
  'github_credentials',
]);

/** Read and not taken from the last look at the health, which may be half a minute old: people are told at once. */
async function suspension(
  database: StoreRooms['database'],
): Promise<readonly Facts['unwell'][number][]> {
  const check = standingCheck(database.kysely<GithubTables>());
  const { name } = check;
  const { status, evidence, remedy } = await check.measure(AbortSignal.timeout(minuteMs));
  if (status === 'healthy') return [];
  const [kind, severity] = ['credential_suspended', 'critical'] as const;
  return [{ kind, name, severity, text: evidence, next: remedy, forMs: 0 }];
}

/** Checks of the health report that are not well, or were not since the last look. */
function unwellChecks(results: readonly CheckResult[]): Facts['unwell'] {
  return results.flatMap(({ name, status, evidence, remedy }) => {
    const [kind, from, forMs] = told[name] ?? (['unhealthy', 'unhealthy', minuteMs] as const);
    if (untold.has(name) || (from === 'unhealthy' && status !== 'unhealthy')) return [];
    const severity = status === 'unhealthy' ? 'critical' : 'warning';
    return [{ kind, name, severity, text: evidence, next: remedy, forMs } as const];
  });
}

function uselessRemedy({ remedy, check, before }: RemedyRun): Facts['unwell'][number] {
  return {
    kind: 'unhealthy',
    name: check,
    severity: 'critical',
    text: `The remedy ${remedy} was used three times within an hour and did not help: ${before}`,
    next: null,
    forMs: 0,
  };
}

/** The log hears of every alert; a webhook and the manager repository where they are configured. */
function sinksOf({ config, store }: AlertParts, policy: Dependency): readonly Sink[] {
  const { webhookCredential, allowedHosts, issues } = config().alerts;
  const { managerRepo } = config().github;
  return [
    ...(webhookCredential === null
      ? []
      : [webhookSink({ config, store }, policy, webhookCredential, allowedHosts)]),
    ...(issues && managerRepo !== null
      ? [issueSink(store, { host: 'github', name: managerRepo })]
      : []),
  ];
}

function webhookSink(
  { config, store }: Pick<AlertParts, 'config' | 'store'>,
  policy: Dependency,
  name: string,
  allowed: readonly string[],
): Sink {
  return {
    name: 'webhook',
    write: slackMessage,
    send: async (body) => {
      const address = await store.credentials.take(name, 'sending alerts');
      if (address === undefined || address === null) throw noAddress(name);
      const headers = { 'content-type': 'application/json' };
      const { timeoutMs } = config().resilience.notifications;
      const message = { method: 'POST', headers, body, timeoutMs } as const;
      await policy.run(
        async () => {
          const { status } = await sendPublic(address, message, { allowed });
          if (status >= 300) throw refused(status);
        },
        { place: new URL(address).host },
      );
    },
  };
}

function noAddress(name: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'alert_webhook_missing',
    message: `alerts.webhookCredential names ${name}, and there is no such credential.`,
    next: `Store the address with \`claude-manager credentials set ${name}\`.`,
  });
}

function refused(status: number): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'alert_webhook_refused',
    message: `The webhook for alerts answered ${status}.`,
    next: 'Look at the address and at the service behind it.',
  });
}
