import type { SeriesLine } from '../../domain/series-line.ts';
import { percentile } from '../../platform/telemetry/duration-bins.ts';
import type { Series } from '../../platform/telemetry/telemetry.ts';

/** A series as people read it, the busiest first. */
export function seriesLines(series: readonly Series[], minutes: number): SeriesLine[] {
  return series
    .map((one) => lineOf(one, minutes))
    .toSorted((one, other) => other.calls - one.calls || one.name.localeCompare(other.name, 'en'));
}

function lineOf({ bins, totalMs, ...counts }: Series, minutes: number): SeriesLine {
  const at = (share: number): number =>
    rounded(Math.min(percentile(bins, share) ?? 0, counts.maxMs));
  return {
    ...counts,
    errorRate: counts.calls === 0 ? 0 : counts.failed / counts.calls,
    perMinute: rounded(counts.calls / minutes),
    meanMs: counts.calls === 0 ? 0 : rounded(totalMs / counts.calls),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    maxMs: rounded(counts.maxMs),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
