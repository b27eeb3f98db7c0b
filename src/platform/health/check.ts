import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';

export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy' | 'unknown';

export type HealthUnit = 'ms' | 's' | 'MB' | '%' | 'count';

/** One thing that can be measured; it throws when it could not be measured. */
export interface HealthCheck {
  readonly name: string;
  readonly category: string;
  /** A critical check that is not healthy makes the whole report so. */
  readonly critical: boolean;
  /** Milliseconds after which it counts as not measured, when it needs another time than the report's. */
  readonly deadlineMs?: number;
  /**
   * For one that costs much or burdens others: the service looks again by itself only after so long while all is well, or
   * there is nothing to measure.
   */
  readonly everyMs?: number;
  readonly measure: (signal: AbortSignal) => Promise<Measured>;
}

/**
 * For what no remedy waits for and people are told of at once: the service looks at every third of its looks while all is
 * well, half a minute apart, so that an alert still comes within two minutes.
 */
export const seldomMs = 25_000;

export interface Measured {
  readonly status: HealthStatus;
  /** Null when there is no number. */
  readonly value: number | null;
  /** Of value and threshold; a plain count when left out. */
  readonly unit?: HealthUnit;
  readonly threshold: number | null;
  /** What was seen, as a sentence. */
  readonly evidence: string;
  /** What mends it; null when nothing needs to be done. */
  readonly remedy: string | null;
}

export interface CheckResult extends Measured {
  readonly name: string;
  readonly category: string;
  readonly critical: boolean;
  readonly durationMs: number;
  readonly deadlineMs: number;
  readonly unit: HealthUnit;
}

export interface HealthReport {
  readonly overallStatus: HealthStatus;
  /** 0 to 100 over what was measured, critical checks counting twice; null when nothing was. */
  readonly score: number | null;
  readonly checks: readonly CheckResult[];
  readonly criticalIssues: readonly string[];
  readonly recommendations: readonly string[];
}

/** A check waits so long for the one before it: all at once they would need a connection to the database each. */
const staggerMs = 25;

/**
 * Measures every check with a deadline of its own; one that hangs or throws is unknown and stops no other.
 * What is `known` of one is taken instead of measuring it.
 */
export async function runChecks(
  checks: readonly HealthCheck[],
  {
    clock,
    deadlineMs,
    known = () => undefined,
    missed = () => undefined,
  }: {
    readonly clock: Clock;
    readonly deadlineMs: number;
    readonly known?: (check: HealthCheck) => CheckResult | undefined;
    /** Hears the name of each that threw or came too late. */
    readonly missed?: (name: string) => void;
  },
): Promise<HealthReport> {
  const running: Promise<CheckResult>[] = [];
  for (const check of checks) {
    const found = known(check);
    const result =
      found === undefined ? runCheck(check, clock, deadlineMs, missed) : Promise.resolve(found);
    running.push(result);
    await endedOr(staggerMs, result);
  }
  const results = await Promise.all(running);
  const notWell = results.filter(({ status }) => status !== 'healthy');
  return {
    overallStatus: overall(results),
    score: score(results),
    checks: results,
    criticalIssues: notWell
      .filter(({ critical, status }) => critical && status !== 'degraded')
      .map(({ name, evidence }) => `${name}: ${evidence}`),
    recommendations: [...new Set(notWell.flatMap(({ remedy }) => remedy ?? []))],
  };
}

async function runCheck(
  { name, category, critical, measure, ...own }: HealthCheck,
  clock: Clock,
  usualMs: number,
  missed: (name: string) => void,
): Promise<CheckResult> {
  const deadlineMs = own.deadlineMs ?? usualMs;
  const started = clock.monotonicMs();
  const measured = await within(deadlineMs, measure).catch((error: unknown) => {
    missed(name);
    return notMeasured(messageOf(error));
  });
  const durationMs = Math.round(clock.monotonicMs() - started);
  return { name, category, critical, durationMs, deadlineMs, unit: 'count', ...measured };
}

/** Resolves when the result is there, or after so long. */
async function endedOr(ms: number, result: Promise<CheckResult>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([result, late]);
  clearTimeout(timer);
}

async function within(deadlineMs: number, measure: HealthCheck['measure']): Promise<Measured> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not measured: no answer within ${deadlineMs} ms`));
      stop.abort();
    }, deadlineMs);
  });
  try {
    return await Promise.race([measure(stop.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** For a check that could not look: it says why, and never that all is well. */
export function notMeasured(evidence: string, remedy: string | null = null): Measured {
  return { status: 'unknown', value: null, threshold: null, evidence, remedy };
}

/** The worst of the critical checks; the others can only degrade it. Without any measurement it is unknown. */
function overall(results: readonly CheckResult[]): HealthStatus {
  const measured = results.filter(({ status }) => status !== 'unknown');
  const critical = results.filter((result) => result.critical).map(({ status }) => status);
  if (critical.includes('unhealthy')) return 'unhealthy';
  if (measured.length === 0 || critical.includes('unknown')) return 'unknown';
  return measured.some(({ status }) => status !== 'healthy') ? 'degraded' : 'healthy';
}

function score(results: readonly CheckResult[]): number | null {
  const points = { healthy: 1, degraded: 0.5, unhealthy: 0, unknown: null } as const;
  let [sum, weights] = [0, 0];
  for (const { status, critical } of results) {
    const earned = points[status];
    if (earned === null) continue;
    const weight = critical ? 2 : 1;
    sum += earned * weight;
    weights += weight;
  }
  return weights === 0 ? null : Math.round((sum / weights) * 100);
}
