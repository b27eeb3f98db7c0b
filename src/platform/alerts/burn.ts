/** What happened in one minute; minutes without a call are left out. */
export interface Minute {
  readonly atMs: number;
  readonly calls: number;
  readonly failed: number;
}

export interface Burn {
  readonly severity: 'critical' | 'warning';
  /** How many times faster than allowed the error budget was used, over the long window. */
  readonly rate: number;
  readonly limit: number;
  readonly hours: number;
}

const hour = 3_600_000;

/**
 * Multi-window, multi-burn-rate: The Site Reliability Workbook, chapter 5, table 5-8. The short window ends the alert soon.
 * Worst first.
 */
export const burnWindows = [
  { severity: 'critical', limit: 14.4, longMs: hour, shortMs: hour / 12 },
  { severity: 'critical', limit: 6, longMs: 6 * hour, shortMs: hour / 2 },
  { severity: 'warning', limit: 1, longMs: 72 * hour, shortMs: 6 * hour },
] as const;

/** Fewer failures than this in the long window are no rate, whatever their share. */
export const fewestFailures = 5;

/** How long a write that stands twice is told. */
export const twiceMs = hour;

/** The worst burn of the error budget now; null when it lasts. `target` is the share that must succeed, below 1. */
export function judgeBurn(minutes: readonly Minute[], target: number, nowMs: number): Burn | null {
  return burnsOf(minutes, target, nowMs)[0] ?? null;
}

/** Of each window in which the budget burns too fast now, worst first. */
export function burnsOf(
  minutes: readonly Minute[],
  target: number,
  nowMs: number,
): readonly Burn[] {
  return burnWindows.flatMap(({ severity, limit, longMs, shortMs }) => {
    const long = sumMinutes(minutes, nowMs - longMs, nowMs);
    const short = sumMinutes(minutes, nowMs - shortMs, nowMs);
    const rate = rateOf(long, target);
    if (long.failed < fewestFailures || rate < limit || rateOf(short, target) < limit) return [];
    return [{ severity, rate, limit, hours: longMs / hour }];
  });
}

export function sumMinutes(
  minutes: readonly Minute[],
  from: number,
  until: number,
): Omit<Minute, 'atMs'> {
  let [calls, failed] = [0, 0];
  for (const minute of minutes) {
    if (minute.atMs < from || minute.atMs > until) continue;
    calls += minute.calls;
    failed += minute.failed;
  }
  return { calls, failed };
}

function rateOf({ calls, failed }: Omit<Minute, 'atMs'>, target: number): number {
  return calls === 0 ? 0 : failed / calls / (1 - target);
}
