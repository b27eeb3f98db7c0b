import { standingCheck } from '../../integrations/github/credentials/standing-check.ts';
import { readBudgetsLeft } from '../../integrations/github/governor/budget-left.ts';
import type { GithubTables } from '../../integrations/github/tables.ts';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { alertHandlers } from '../../operations/alerts/handlers.ts';
import type { Served } from '../../operations/gate.ts';
import type { Alerts, Sink } from '../../platform/alerts/alerts.ts';
import { createAlerts, slackMessage } from '../../platform/alerts/alerts.ts';
import type { AlertKind, Facts } from '../../platform/alerts/rules.ts';
import { judge } from '../../platform/alerts/rules.ts';
import { auditCheck } from '../../platform/audit/audit-check.ts';
import type { Config } from '../../platform/config/schema.ts';
import { driftCheck } from '../../platform/drift/drift-check.ts';
import { createPublishedHashes } from '../../platform/drift/published-hashes.ts';
import { startPeriodic } from '../../platform/durable/periodic.ts';
import { countOpenEffects } from '../../platform/effects/count-open.ts';
import { type HealthCheck, runChecks } from '../../platform/health/check.ts';
import { diskCheck, memoryCheck } from '../../platform/health/machine-checks.ts';
import { sendPublic } from '../../platform/outbound/public-url.ts';
import type { Blocks } from '../../platform/ratelimit/blocks.ts';
import type { Dependency } from '../../platform/resilience/dependency.ts';
import type { History } from '../../platform/telemetry/history.ts';
import { vaultCheck } from '../../platform/vault/vault-check.ts';
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
  readonly health: Pick<HealthRooms, 'clock' | 'gaveUp'>;
  /** Keeps what was counted until now, so that it is seen. */
  readonly flush: () => Promise<void>;
  readonly log: Log;
}

export interface AlertRooms {
  readonly served: readonly Served[];
  /** How many alerts people were told of, that are not over and not silenced. */
  firing(): Promise<number>;
  /** Looks and tells until the answer is called; of several processes only the one that leads. */
  keep(leads: () => boolean): () => Promise<void>;
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
  return {
    served: alertHandlers({ alerts, clock: systemClock }),
    firing: async () =>
      (await alerts.list(false)).filter(
        ({ state, silenced_until: until }) =>
          state === 'firing' && (until === null || until <= systemClock.now()),
      ).length,
    keep: (leads) =>
      startPeriodic(
        {
          name: 'alerts',
          everyMs: config().alerts.everySeconds * 1000,
          work: async () => {
            if (leads() && config().alerts.enabled) await look(parts, alerts);
          },
        },
        { clock: systemClock, random: systemRandom, log },
      ),
  };
}

async function look(parts: AlertParts, alerts: Alerts): Promise<void> {
  await parts.flush();
  await alerts.observe(judge(await readFacts(parts)));
  await alerts.deliver();
}

const hour = 3_600_000;
/** Its calls stand in the audit log, whoever made them. */
const backupOperation = 'backups.create';

/** Measures everything that the rules judge. */
async function readFacts(parts: AlertParts): Promise<Facts> {
  const { config, store, history, blocks } = parts;
  const { database } = store;
  const now = systemClock.now();
  const day = new Date(now);
  day.setUTCHours(0, 0, 0, 0);
  const ago = (ms: number): Date => new Date(now.getTime() - ms);
  const [totals, recent, baseline, effects, spent, quotas, standing, backups, unwell] =
    await Promise.all([
      history.totals('operation', ago(73 * hour)),
      history.sums({ since: ago(hour / 4) }),
      history.baseline(),
      countOpenEffects(database),
      store.runs.spentSince(day),
      readBudgetsLeft(database, now),
      blocks.list(),
      store.audit.list({ event: backupOperation, limit: 20 }),
      unwellChecks(parts),
    ]);
  const ages = effects.flatMap(({ oldestSeconds }) => oldestSeconds ?? []);
  const ended = backups.find(({ outcome }) => outcome === 'ok' || outcome === 'failed');
  return {
    nowMs: now.getTime(),
    availability: config().alerts.availability,
    latencyFactor: config().alerts.latencyFactor,
    operations: totals.map(({ minute, calls, failed }) => ({
      atMs: minute.getTime(),
      calls,
      failed,
    })),
    recent,
    baseline: baseline?.series ?? null,
    unwell,
    blocked: standing,
    oldestEffectSeconds: ages.length === 0 ? null : Math.max(...ages),
    spentUsd: spent,
    budgetUsd: config().executor.budget.perDayUsd,
    quotas,
    backup: ended === undefined ? null : ended.outcome === 'failed' ? 'failed' : 'ok',
  };
}

/** Checks of the health report of which people are told at once. */
async function unwellChecks({ config, store, health }: AlertParts): Promise<Facts['unwell']> {
  const checks: readonly (readonly [AlertKind, HealthCheck])[] = [
    ['exhaustion', diskCheck(config().dataDir)],
    ['exhaustion', memoryCheck()],
    ['audit_fault', auditCheck(store.audit, systemClock)],
    ['credential_ending', vaultCheck(store.vault)],
    ['config_drift', driftCheck(createPublishedHashes(store.database, systemClock))],
    ['credential_suspended', standingCheck(store.database.kysely<GithubTables>())],
    ['clock', health.clock],
  ];
  const report = await runChecks(
    checks.map(([, check]) => check),
    { clock: systemClock, deadlineMs: 10_000 },
  );
  const kinds = new Map(checks.map(([kind, { name }]) => [name, kind]));
  const gaveUp = (await health.gaveUp()).map(({ remedy, check, before }) => ({
    kind: 'unhealthy' as const,
    name: check,
    severity: 'critical' as const,
    text: `The remedy ${remedy} was used three times within an hour and did not help: ${before}`,
    next: null,
  }));
  const unwell = report.checks.flatMap(({ name, status, evidence, remedy }) => {
    const kind = kinds.get(name);
    if (kind === undefined || status === 'healthy' || status === 'unknown') return [];
    const severity = status === 'unhealthy' ? 'critical' : 'warning';
    return [{ kind, name, severity, text: evidence, next: remedy } as const];
  });
  return [...unwell, ...gaveUp];
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
