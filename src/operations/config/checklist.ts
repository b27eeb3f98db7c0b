import type { z } from 'zod';
import { toAppError } from '../../lib/app-error.ts';
import { listAudit } from '../audit/contract.ts';
import { listBackups } from '../backups/contract.ts';
import { listCredentials } from '../credentials/contract.ts';
import { runHealth } from '../health/contract.ts';
import type { Declared, Schema } from '../operation.ts';
import { reportPerformance } from '../performance/contract.ts';
import { securityStatus } from '../protection/contract.ts';
import { reviewAudit } from '../security/contract.ts';
import type { ChecklistItem, ValidationReport } from './contract.ts';

/** Asks the system one operation, as whoever asked for the checklist, through the same gate. */
export type Ask = <In extends Schema, Out extends Schema>(
  contract: Declared<In, Out>,
  input: z.input<In>,
) => Promise<z.output<Out>>;

/** What of the configuration the checklist looks at. */
export interface ChecklistSettings {
  readonly structuredLogging: boolean;
  /** Where a collector gets the log lines, in words; empty when they stay in our own files. */
  readonly logSinks: readonly string[];
  readonly alertsEnabled: boolean;
  /** Name of the credential with the address that alerts are posted to; null posts nowhere. */
  readonly alertCredential: string | null;
  /** 0 when none are scheduled. */
  readonly backupIntervalHours: number;
  /** Names of secrets that come from the environment of this process. */
  readonly secretsOfEnvironment: readonly string[];
}

export interface ChecklistParts {
  readonly report: Pick<ValidationReport, 'valid' | 'errors' | 'securityIssues'>;
  readonly settings: ChecklistSettings;
  /** Null when there is nothing to ask; then `why` says so. */
  readonly ask: Ask | null;
  readonly why: string;
  readonly now: Date;
}

type Found = Pick<ChecklistItem, 'status' | 'evidence' | 'next'>;

/**
 * The production checklist of the specification, in its order. What nobody could be asked about is `not_measured` with the
 * reason, never a pass.
 */
export async function runChecklist(parts: ChecklistParts): Promise<ChecklistItem[]> {
  const { ask, why } = parts;
  const measured = async (look: (asked: Ask) => Promise<Found> | Found): Promise<Found> => {
    if (ask === null) return { status: 'not_measured', evidence: why, next: null };
    try {
      return await look(ask);
    } catch (thrown) {
      const { message, next } = toAppError(thrown);
      return { status: 'not_measured', evidence: message, next: next ?? null };
    }
  };
  const looks: readonly (readonly [string, string, Promise<Found> | Found])[] = [
    ['configuration', 'Configuration validated for production', configuration(parts)],
    ['health', 'All health checks passing', measured(health)],
    ['security_audit', 'Security audit completed with no issues', measured(securityAudit)],
    ['baseline', 'Performance baseline established', measured(baseline)],
    ['log_aggregation', 'Log aggregation configured', logAggregation(parts.settings)],
    ['alerts', 'Monitoring alerts set up', measured((asked) => alerts(parts, asked))],
    ['backup', 'Backup and recovery tested', measured((asked) => backup(parts, asked))],
    ['rate_limiting', 'Rate limiting configured', measured(rateLimiting)],
    ['rotation', 'Credential rotation scheduled', measured((asked) => rotation(parts, asked))],
  ];
  const items: ChecklistItem[] = [];
  for (const [item, title, look] of looks) items.push({ item, title, ...(await look) });
  return items;
}

const pass = (evidence: string): Found => ({ status: 'pass', evidence, next: null });
const fail = (evidence: string, next: string): Found => ({ status: 'fail', evidence, next });
const unmeasured = (evidence: string, next: string | null): Found => ({
  status: 'not_measured',
  evidence,
  next,
});

function configuration({ report }: ChecklistParts): Found {
  const { errors, securityIssues } = report;
  const said = `${errors.length} errors, ${securityIssues.length} security issues.`;
  if (errors.length === 0 && securityIssues.length === 0) return pass(said);
  const codes = [...errors, ...securityIssues].map(({ code }) => code);
  return fail(`${said} ${[...new Set(codes)].join(', ')}.`, 'Correct what the report names.');
}

async function health(ask: Ask): Promise<Found> {
  const { checks, measuredBy } = await ask(runHealth, {});
  const names = (status: string): readonly string[] =>
    checks.flatMap((check) => (check.status === status ? [check.name] : []));
  const bad = [...names('unhealthy'), ...names('degraded')];
  const unknown = names('unknown');
  const more = unknown.length === 0 ? '' : ` Not measured: ${unknown.join(', ')}.`;
  const said = `${names('healthy').length} of ${checks.length} checks are healthy.${more}`;
  if (bad.length > 0)
    return fail(`${said} Not well: ${bad.join(', ')}.`, 'See `claude-manager health --detailed`.');
  if (measuredBy.kind !== 'service')
    return unmeasured(
      `${measuredBy.why ?? 'No service answered'}; only this command measured: ${said}`,
      'Start the service, then ask again.',
    );
  return pass(`${said} Measured by process ${measuredBy.pid} on ${measuredBy.host}.`);
}

const auditHours = 24;

async function securityAudit(ask: Ask): Promise<Found> {
  const { issues, entries } = await ask(reviewAudit, { hours: auditHours });
  if (issues.length === 0)
    return pass(
      `No open issue in ${entries} audit entries of ${auditHours} hours; the log verifies.`,
    );
  const codes = issues.map(({ severity, code }) => `${code} (${severity})`);
  return fail(
    `${issues.length} open issues: ${codes.join(', ')}.`,
    `See \`claude-manager security audit --hours ${auditHours}\`.`,
  );
}

async function baseline(ask: Ask): Promise<Found> {
  const { baseline: kept } = await ask(reportPerformance, { hours: 1 });
  const next = 'Run `claude-manager performance baseline` after some hours of normal work.';
  if (kept === null) return fail('No baseline was kept.', next);
  if (kept.series.length === 0) return fail(`The baseline of ${kept.at} holds no figures.`, next);
  return pass(
    `Kept at ${kept.at} by ${kept.madeBy}, ${kept.series.length} series over ${kept.hours} hours.`,
  );
}

function logAggregation({ structuredLogging, logSinks }: ChecklistSettings): Found {
  if (logSinks.length > 0) return pass(`Log lines go to ${logSinks.join(' and ')}.`);
  return fail(
    structuredLogging
      ? 'Log lines stay in the files of the log folder; no collector is configured.'
      : 'Log lines go to standard error only, and no collector is configured.',
    'See the part on collectors in docs/guides/production.md.',
  );
}

async function alerts({ settings }: ChecklistParts, ask: Ask): Promise<Found> {
  const { alertsEnabled, alertCredential: name, secretsOfEnvironment } = settings;
  if (!alertsEnabled) return fail('alerts.enabled is false.', 'Set alerts.enabled to true.');
  if (name === null)
    return fail(
      'Alerts go to the log only, so nobody is called.',
      'Store a webhook address with `claude-manager credentials set ALERT_WEBHOOK_URL` and name it in alerts.webhookCredential.',
    );
  const stored = await ask(listCredentials, {});
  if (!secretsOfEnvironment.includes(name) && !stored.some((one) => one.name === name))
    return fail(
      `alerts.webhookCredential names ${name}, and there is no such credential.`,
      `Store the address with \`claude-manager credentials set ${name}\`.`,
    );
  return pass(`Alerts go to the log and to the webhook whose address is in ${name}.`);
}

const hourMs = 3_600_000;
/** A recovery that was tried a month ago tells about the program and the disks of a month ago. */
const drillDays = 31;

async function backup({ settings, now }: ChecklistParts, ask: Ask): Promise<Found> {
  if (settings.backupIntervalHours === 0)
    return fail(
      'No backups are scheduled: backup.intervalHours is 0.',
      'Set backup.intervalHours, or keep backups by other means and test them.',
    );
  const { items, folder } = await ask(listBackups, {});
  const [newest] = items;
  if (newest === undefined)
    return fail(`There is no backup in ${folder}.`, 'Run `claude-manager backup`.');
  const hours = (now.getTime() - Date.parse(newest.at)) / hourMs;
  const age = `The newest backup is ${hours.toFixed(1)} hours old`;
  if (hours > 2 * settings.backupIntervalHours)
    return fail(`${age}, and one is due every ${settings.backupIntervalHours}.`, 'See the log.');
  const since = new Date(now.getTime() - drillDays * 24 * hourMs).toISOString();
  const drills = await Promise.all(
    drillEvents.map((event) => ask(listAudit, { event, outcome: 'ok', since, limit: 1 })),
  );
  const drill = drills.flatMap(({ entries }) => entries)[0];
  if (drill === undefined)
    return fail(
      `${age}, and none was read back or restored as a test within ${drillDays} days.`,
      `Run \`claude-manager backups verify ${newest.file}\`, and try a restore into an empty database.`,
    );
  return pass(`${age}; tested at ${drill.at} (${drill.event}, audit entry ${drill.seq}).`);
}

/** What counts as a test of recovery, as the audit log names it. */
const drillEvents = ['backups.drill', 'backups.verify', 'audit.restored'] as const;

async function rateLimiting(ask: Ask): Promise<Found> {
  const { limits } = await ask(securityStatus, {});
  const [{ entries: off }, { entries: starts }] = await Promise.all([
    ask(listAudit, { event: 'security.switched_off', limit: 50 }),
    ask(listAudit, { event: 'service.start', limit: 1, outcome: 'begun' }),
  ]);
  // A single command without them is no service without them.
  const last = off.find(({ facts }) => facts['operation'] === undefined);
  if (last !== undefined && last.seq > (starts[0]?.seq ?? 0))
    return fail(
      `The service was started without limits at ${last.at}.`,
      'Start it without --no-security and not in the mode legacy.',
    );
  const { requestsPerMinute, violationsBeforeBlock, blockMinutes } = limits;
  if (requestsPerMinute === 0)
    return fail('Clients are not limited.', 'Set security.rate_limiting.max_requests_per_minute.');
  if (violationsBeforeBlock === 0)
    return fail(
      'Nobody is ever blocked.',
      'Set security.rate_limiting.violations_before_block to 3.',
    );
  return pass(
    `${requestsPerMinute} operations a minute for a client; after ${violationsBeforeBlock} refusals it is blocked for ${blockMinutes} minutes.`,
  );
}

async function rotation({ settings }: ChecklistParts, ask: Ask): Promise<Found> {
  const stored = await ask(listCredentials, {});
  const loose = settings.secretsOfEnvironment.filter(
    (name) => !stored.some((one) => one.name === name),
  );
  const forgotten = stored.filter(
    ({ rotateEveryDays, expiresAt }) => rotateEveryDays === null && expiresAt === null,
  );
  const failing = stored.filter(({ rotationError }) => rotationError !== null);
  if (stored.length === 0 && loose.length === 0)
    return unmeasured('No credential is stored or in the environment.', null);
  const faults = [
    ...loose.map((name) => `${name} comes from the environment, where nothing rotates it`),
    ...forgotten.map(({ name }) => `${name} has neither a rotation nor an expiry`),
    ...failing.map(({ name }) => `the last rotation of ${name} failed`),
  ];
  if (faults.length > 0)
    return fail(
      `${faults.join('; ')}.`,
      'Store it with `claude-manager credentials set NAME` and plan it under security.vault.rotate.',
    );
  return pass(
    stored
      .map(({ name, rotateEveryDays, nextRotationAt, expiresAt }) =>
        rotateEveryDays === null
          ? `${name} ends at ${expiresAt ?? ''}`
          : `${name} every ${rotateEveryDays} days, next at ${nextRotationAt ?? 'the next look'}`,
      )
      .join('; '),
  );
}
