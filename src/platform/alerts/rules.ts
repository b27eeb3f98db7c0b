import { percentile } from '../telemetry/duration-bins.ts';
import { type CountedObjective, objectives } from '../telemetry/objectives.ts';
import type { Series } from '../telemetry/telemetry.ts';
import { judgeBurn, type Minute, sumMinutes, twiceMs } from './burn.ts';

/** Everything that can be told about; a test produces each of them by a real fault. */
export const alertKinds = [
  'error_rate',
  'objective',
  'latency',
  'exhaustion',
  'security',
  'stuck_work',
  'budget',
  'quota',
  'backup_failed',
  'audit_fault',
  'credential_ending',
  'credential_suspended',
  'config_drift',
  'clock',
  'unhealthy',
] as const;
export type AlertKind = (typeof alertKinds)[number];

/** Something that is not well now. Kind and subject together are its identity. */
export interface Condition {
  readonly kind: AlertKind;
  readonly subject: string;
  readonly severity: 'warning' | 'critical';
  readonly text: string;
  readonly next: string;
  /** How long it must last before anybody is told. */
  readonly forMs: number;
}

/** What was measured; null could not be, and then nothing is concluded from it. */
export interface Facts {
  readonly nowMs: number;
  readonly availability: number;
  readonly latencyFactor: number;
  readonly operations: readonly Minute[];
  /** What counts for each objective beside availability. */
  readonly objectives: Readonly<Record<CountedObjective, readonly Minute[]>>;
  /** Of the last quarter of an hour. */
  readonly recent: readonly Series[];
  readonly baseline: readonly Series[] | null;
  /** Health checks that are not well, with the kind of alert that they are. */
  readonly unwell: readonly {
    readonly kind: AlertKind;
    readonly name: string;
    readonly severity: Condition['severity'];
    readonly text: string;
    readonly next: string | null;
    /** How long it must last before anybody is told. */
    readonly forMs: number;
  }[];
  readonly blocked: readonly { readonly subject: string; readonly reason: string }[];
  readonly oldestEffectSeconds: number | null;
  readonly spentUsd: number | null;
  readonly budgetUsd: number;
  readonly quotas: readonly {
    readonly credential: string;
    readonly pausedSeconds: number;
    readonly contentThisHour: number;
  }[];
  /** How the last backup ended; null when there was none. */
  readonly backup: 'ok' | 'failed' | null;
}

const minute = 60_000;
const stuckAfterSeconds = 900;
const fewestCalls = 30;

/** Everything that is not well, from what was measured alone. */
export function judge(facts: Facts): readonly Condition[] {
  return [
    ...errorRate(facts),
    ...lateObjectives(facts),
    ...writtenTwice(facts),
    ...latency(facts),
    ...facts.unwell.map(({ kind, name, severity, text, next, forMs }) => ({
      kind,
      subject: name,
      severity,
      text,
      forMs,
      next: next ?? 'See `claude-manager health --detailed`.',
    })),
    ...facts.blocked.map(({ subject, reason }) => ({
      kind: 'security' as const,
      subject,
      severity: 'warning' as const,
      text: `${subject} is blocked (${reason}).`,
      next: 'See `claude-manager security blocks list` and `claude-manager security audit`.',
      forMs: 0,
    })),
    ...work(facts),
    ...money(facts),
    ...quota(facts),
    ...(facts.backup === 'failed'
      ? [
          condition('backup_failed', 'backup', 'critical', 'The last backup failed.', {
            next: 'Run the backup again by hand and read what it says.',
          }),
        ]
      : []),
  ];
}

function condition(
  kind: AlertKind,
  subject: string,
  severity: Condition['severity'],
  text: string,
  { next, forMs = 0 }: { readonly next: string; readonly forMs?: number },
): Condition {
  return { kind, subject, severity, text, next, forMs };
}

function errorRate({ operations, availability, nowMs }: Facts): readonly Condition[] {
  const burn = judgeBurn(operations, availability, nowMs);
  if (burn === null) return [];
  const text = `Operations fail ${burn.rate.toFixed(1)} times as often as ${(availability * 100).toFixed(2)} % allow, over ${burn.hours} hours.`;
  const next = 'See `claude-manager performance report --hours 1` and errors.json.';
  return [condition('error_rate', 'operations', burn.severity, text, { next })];
}

const objectiveNext = {
  webhook_stored:
    'See `claude-manager performance function webhook_stored`, `claude-manager health --category database` and errors.json.',
  approval_started:
    'See `claude-manager tasks list --state approved`, and `claude-manager tasks explain TASK` for what one waits for.',
} as const;

function lateObjectives({ objectives: counted, nowMs }: Facts): readonly Condition[] {
  return (['webhook_stored', 'approval_started'] as const).flatMap((name) => {
    const { promise, target } = objectives[name];
    const burn = judgeBurn(counted[name], target, nowMs);
    if (burn === null) return [];
    const text = `Not kept: ${promise}. It is missed ${burn.rate.toFixed(1)} times as often as allowed, over ${burn.hours} hours.`;
    return [condition('objective', name, burn.severity, text, { next: objectiveNext[name] })];
  });
}

function writtenTwice({ objectives: counted, nowMs }: Facts): readonly Condition[] {
  const { failed } = sumMinutes(counted.effects_once, nowMs - twiceMs, nowMs);
  if (failed === 0) return [];
  const text = `${failed} ${failed === 1 ? 'write stands' : 'writes stand'} twice on the code host.`;
  const next = 'errors.json names both places of each; close or delete the later one.';
  return [condition('objective', 'effects_once', 'critical', text, { next })];
}

function latency({ recent, baseline, latencyFactor }: Facts): readonly Condition[] {
  const normal = new Map(baseline?.map((one) => [`${one.area} ${one.name}`, one]));
  // How long an approved task waits is judged by its objective, and is no speed of ours.
  const speeds = recent.filter(({ area }) => area !== 'objective');
  return speeds.flatMap((one) => {
    const before = normal.get(`${one.area} ${one.name}`);
    const was = before === undefined ? null : percentile(before.bins, 0.95);
    const is = percentile(one.bins, 0.95);
    if (was === null || is === null || one.calls < fewestCalls || is < 5) return [];
    if (is <= was * latencyFactor) return [];
    const text = `${one.name} takes ${is.toFixed(0)} ms (95th percentile over 15 minutes), normal is ${was.toFixed(0)} ms.`;
    const next = `See \`claude-manager performance function ${one.name}\`.`;
    return [condition('latency', one.name, 'warning', text, { next, forMs: minute })];
  });
}

function work({ oldestEffectSeconds }: Facts): readonly Condition[] {
  if (oldestEffectSeconds === null || oldestEffectSeconds < stuckAfterSeconds) return [];
  const text = `A write outside has waited for ${Math.round(oldestEffectSeconds / 60)} minutes.`;
  const next = 'See `claude-manager tasks list` and the state of GitHub.';
  return [condition('stuck_work', 'effects', 'warning', text, { next })];
}

function money({ spentUsd, budgetUsd }: Facts): readonly Condition[] {
  if (spentUsd === null || spentUsd === 0 || spentUsd < budgetUsd * 0.8) return [];
  const text = `$${spentUsd.toFixed(2)} of the day's $${budgetUsd.toFixed(2)} are spent.`;
  const next = 'Wait until midnight UTC, or raise executor.budget.perDayUsd.';
  const severity = spentUsd >= budgetUsd ? 'critical' : 'warning';
  return [condition('budget', 'day', severity, text, { next })];
}

function quota({ quotas }: Facts): readonly Condition[] {
  return quotas.flatMap(({ credential, pausedSeconds, contentThisHour }) => {
    if (pausedSeconds <= 0 && contentThisHour > 50) return [];
    const text =
      pausedSeconds > 0
        ? `GitHub lets credential ${credential} wait for ${Math.ceil(pausedSeconds)} seconds.`
        : `Credential ${credential} may create ${contentThisHour} more things at GitHub this hour.`;
    const next = 'It goes on by itself; use another credential if this keeps coming.';
    return [condition('quota', credential, 'warning', text, { next, forMs: minute })];
  });
}
