import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Baseline, History } from '../../platform/telemetry/history.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { seriesLines } from '../metrics/series-line.ts';
import type { PerformanceReport } from './contract.ts';
import { gaugeTimeline, keepBaseline, performanceTimeline, reportPerformance } from './contract.ts';
import { gaugePrefix, gaugeSeries, periodOf, wholeTimeline } from './timeline.ts';

export interface PerformancePorts {
  readonly history: Pick<History, 'sums' | 'steps' | 'gaugeSteps' | 'baseline' | 'keepBaseline'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** `performance.report`, `performance.timeline`, `performance.gauges`, `performance.baseline`. */
export function performanceHandlers({ history, clock }: PerformancePorts): readonly Served[] {
  return [
    serve(reportPerformance, async ({ hours, area, name }) => {
      const until = clock.now();
      const since = new Date(until.getTime() - hours * 3_600_000);
      const where = {
        since,
        ...(area === undefined ? {} : { area }),
        ...(name === undefined ? {} : { name }),
      };
      return {
        since: since.toISOString(),
        until: until.toISOString(),
        series: seriesLines(await history.sums(where), hours * 60),
        baseline: shown(await history.baseline()),
      };
    }),
    serve(performanceTimeline, async ({ hours, area, name }) => {
      const period = periodOf(clock.now(), hours);
      const where = { since: period.since, area, ...(name === undefined ? {} : { name }) };
      return wholeTimeline(period, await history.steps(where, period.stepSeconds));
    }),
    serve(gaugeTimeline, async ({ hours, names }) => {
      const period = periodOf(clock.now(), hours);
      const full = names.map((one) => `${gaugePrefix}${one}`);
      const { since, stepSeconds } = period;
      return gaugeSeries(period, await history.gaugeSteps(full, since, stepSeconds));
    }),
    serve(keepBaseline, async ({ hours }, { actor }) => {
      const at = clock.now();
      const since = new Date(at.getTime() - hours * 3_600_000);
      const series = await history.sums({ since });
      if (series.length === 0) throw nothingMeasured(hours);
      const baseline = { at, madeBy: actor.name, hours, series };
      await history.keepBaseline(baseline);
      return {
        since: since.toISOString(),
        until: at.toISOString(),
        series: seriesLines(series, hours * 60),
        baseline: shown(baseline),
      };
    }),
  ];
}

function shown(baseline: Baseline | null): PerformanceReport['baseline'] {
  if (baseline === null) return null;
  const { at, madeBy, hours, series } = baseline;
  return { at: at.toISOString(), madeBy, hours, series: seriesLines(series, hours * 60) };
}

function nothingMeasured(hours: number): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'nothing_measured',
    message: `Nothing was measured in the last ${hours} hours, so there is nothing to call normal.`,
    next: 'Let the service run for a while (performance.monitoringEnabled must be true), or name more --hours.',
  });
}
