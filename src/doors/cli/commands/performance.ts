import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { SeriesLine } from '../../../domain/series-line.ts';
import type { MetricsExport } from '../../../operations/metrics/contract.ts';
import { exportMetrics } from '../../../operations/metrics/contract.ts';
import type { PerformanceReport } from '../../../operations/performance/contract.ts';
import { keepBaseline, reportPerformance } from '../../../operations/performance/contract.ts';
import { table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

interface Flags {
  readonly hours: number;
}

/** `metrics` and `performance …`. */
export function addPerformanceCommands(program: Command, run: Run): void {
  program
    .command('metrics')
    .description(exportMetrics.summary)
    .option('--output <prefix>', 'writes PREFIX.json and PREFIX.prom', 'metrics')
    .option('--history', 'with the figures of the last hours (so when not said)')
    .option('--no-history', 'only the figures of now')
    .option('--hours <number>', 'how far the history goes back', hoursOf, 24)
    .action(
      run<object, MetricsExport>(
        exportMetrics,
        ([flags]) => flags,
        ({ files }) => files.map((file) => `${file}\n`).join(''),
        {
          notice: ({ source, address, samples }) =>
            source === 'service'
              ? `${samples.length} figures from the service at ${address ?? ''}`
              : `No service answers, so these are the ${samples.length} figures that the last one left in the database.`,
        },
      ),
    );
  const performance = program
    .command('performance')
    .description('how long things take, and how often they fail');
  performance
    .command('report')
    .description(reportPerformance.summary)
    .option('--hours <number>', 'how far to look back', hoursOf, 24)
    .action(run<Flags, PerformanceReport>(reportPerformance, ([flags]) => flags, reportText));
  performance
    .command('function')
    .description('The same for one operation, job, scanner or function under monitorPerformance')
    .argument('<name>', 'as the report names it')
    .option('--hours <number>', 'how far to look back', hoursOf, 24)
    .action(
      run<Flags & string, PerformanceReport>(
        reportPerformance,
        ([name, { hours }]) => ({ name, hours }),
        namedText,
      ),
    );
  performance
    .command('api-calls')
    .description('The same for requests to other services, as GitHub')
    .option('--hours <number>', 'how far to look back', hoursOf, 24)
    .action(
      run<Flags, PerformanceReport>(
        reportPerformance,
        ([{ hours }]) => ({ hours, area: 'upstream' }),
        reportText,
      ),
    );
  performance
    .command('baseline')
    .description(keepBaseline.summary)
    .option('--hours <number>', 'how far to look back', hoursOf, 24)
    .action(run<Flags, PerformanceReport>(keepBaseline, ([flags]) => flags, reportText));
}

function hoursOf(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 87_600) return value;
  throw new InvalidArgumentError('Give a number of hours above 0.');
}

function reportText(report: PerformanceReport): string {
  return linesOf(report, 'Nothing was measured.');
}

function namedText(report: PerformanceReport): string {
  return linesOf(
    report,
    'Nothing was measured under this name; see `claude-manager performance report`.',
  );
}

function linesOf({ since, until, series, baseline }: PerformanceReport, nothing: string): string {
  const normal =
    baseline === null
      ? 'no baseline: keep one with `claude-manager performance baseline`'
      : `baseline of ${baseline.at} by ${baseline.madeBy} over ${baseline.hours} hours`;
  const head = `${since} to ${until}; ${normal}\n`;
  if (series.length === 0) return `${head}${nothing}\n`;
  const before = new Map(baseline?.series.map((one) => [`${one.area} ${one.name}`, one.p95Ms]));
  const rows = series.map((one) => rowOf(one, before.get(`${one.area} ${one.name}`)));
  const titles = ['WHAT', 'NAME', 'CALLS', 'A MINUTE', 'REFUSED', 'FAILED', 'ERRORS'];
  return `${head}${table([[...titles, 'P50', 'P95', 'P99', 'MAX', 'BASELINE P95'], ...rows])}`;
}

function rowOf(one: SeriesLine, baseline: number | undefined): string[] {
  const counts = [one.calls, one.perMinute, one.refused, one.failed].map(String);
  const times = [one.p50Ms, one.p95Ms, one.p99Ms, one.maxMs].map(duration);
  const errors = `${(one.errorRate * 100).toFixed(2)} %`;
  return [one.area, one.name, ...counts, errors, ...times, duration(baseline ?? null)];
}

function duration(ms: number | null): string {
  if (ms === null) return '';
  return ms < 1000 ? `${ms.toFixed(ms < 10 ? 2 : 0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
