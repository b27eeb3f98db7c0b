import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import type { Clock } from '../../lib/clock.ts';
import type { HealthCheck } from './check.ts';
import { notMeasured } from './check.ts';
import { highIsBad } from './level.ts';

/** Processes that want a processor, over a minute, for each processor there is. */
export function cpuCheck(): HealthCheck {
  return {
    name: 'cpu',
    category: 'resources',
    critical: false,
    measure: async () => {
      const [load = 0] = loadavg();
      const share = Math.round((load / availableParallelism()) * 100);
      return highIsBad({
        value: share,
        unit: '%',
        odd: 150,
        bad: 400,
        evidence: `Over a minute ${load.toFixed(1)} processes wanted one of ${availableParallelism()} processors (${share} %).`,
        remedy: 'Lower executor.maxConcurrent, or give the machine more processors.',
      });
    },
  };
}

/** Open files of this process against what it may open; each connection takes one. */
export function fileDescriptorCheck(): HealthCheck {
  return {
    name: 'file_descriptors',
    category: 'resources',
    critical: false,
    measure: async () => {
      const open = await readdir('/proc/self/fd').catch(() => null);
      const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
      const most = Number(/^Max open files\s+(\d+)/mu.exec(limits)?.[1]);
      if (open === null || !(most > 0)) return notMeasured('This system does not tell open files.');
      const share = Math.round((open.length / most) * 100);
      return highIsBad({
        value: share,
        unit: '%',
        odd: 70,
        bad: 90,
        evidence: `${open.length} of ${most} files are open (${share} %).`,
        remedy: 'Raise the limit (LimitNOFILE of the unit), or lower server.maxConnections.',
      });
    },
  };
}

/** Samples of one number over time. */
export interface Trend {
  /** Keeps a sample of now. Answers the growth per hour by least squares, null before ten minutes have passed. */
  add(value: number): number | null;
}

const windowMs = 3_600_000;
const leastMs = 600_000;

/** The last hour, one sample in ten seconds at most. */
export function createTrend(clock: Pick<Clock, 'monotonicMs'>): Trend {
  let samples: (readonly [at: number, value: number])[] = [];
  return {
    add: (value) => {
      const now = clock.monotonicMs();
      const newest = samples.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
      if (now - newest >= 10_000) samples = [...samples, [now, value] as const];
      samples = samples.filter(([at]) => at > now - windowMs);
      const first = samples[0]?.[0] ?? now;
      return now - first < leastMs ? null : slopeOf(samples) * windowMs;
    },
  };
}

function slopeOf(samples: readonly (readonly [number, number])[]): number {
  const mean = (pick: 0 | 1): number =>
    samples.reduce((sum, sample) => sum + sample[pick], 0) / samples.length;
  const [at, value] = [mean(0), mean(1)];
  let [above, below] = [0, 0];
  for (const [x, y] of samples) {
    above += (x - at) * (y - value);
    below += (x - at) ** 2;
  }
  return below === 0 ? 0 : above / below;
}

/** Memory of this process against a limit, and whether it grows. */
export function processMemoryCheck(
  trend: Trend,
  limitMb: number,
  residentBytes: () => number = () => process.memoryUsage.rss(),
): HealthCheck {
  return {
    name: 'process_memory',
    category: 'resources',
    critical: false,
    measure: async () => {
      const held = Math.round(residentBytes() / 2 ** 20);
      const growth = trend.add(held);
      const told =
        growth === null ? 'its trend is not known yet' : `${growth.toFixed(1)} MB an hour more`;
      return highIsBad({
        value: held,
        unit: 'MB',
        odd: limitMb,
        bad: limitMb * 2,
        evidence: `This process holds ${held} MB, ${told}.`,
        remedy: 'Restart the service; if it grows again, report it with this report.',
      });
    },
  };
}
