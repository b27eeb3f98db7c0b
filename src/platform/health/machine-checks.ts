import { readFile, statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { type HealthCheck, type HealthStatus, notMeasured } from './check.ts';
import { highIsBad } from './level.ts';

const megabyte = 1024 * 1024;

/** Free space where the data lives: under 1 GB is tight, under 200 MB work stops. */
export function diskCheck(folder: string, name = 'disk', critical = true): HealthCheck {
  return {
    name,
    category: 'resources',
    critical,
    measure: async () => {
      const { bavail, bsize } = await statfs(folder);
      const free = Math.floor((bavail * bsize) / megabyte);
      return {
        status: atLeast(free, 1024, 200),
        value: free,
        unit: 'MB',
        threshold: 1024,
        evidence: `${free} MB are free at ${folder}.`,
        remedy: free < 1024 ? `Free space on the disk of ${folder}.` : null,
      };
    },
  };
}

/** Memory that the machine can still give out: under 10 % is tight, under 3 % processes are killed. */
export function memoryCheck(): HealthCheck {
  return {
    name: 'memory',
    category: 'resources',
    critical: false,
    measure: async () => {
      const share = ((await availableBytes()) / totalmem()) * 100;
      const own = Math.round(process.memoryUsage.rss() / megabyte);
      return {
        status: atLeast(share, 10, 3),
        value: Math.round(share),
        unit: '%',
        threshold: 10,
        evidence: `${Math.round(share)} % of the memory is available; this process holds ${own} MB.`,
        remedy:
          share < 10 ? 'Lower executor.maxConcurrent, or give the machine more memory.' : null,
      };
    },
  };
}

/** A block of so many milliseconds is felt, and one of so many makes probes fail. */
const longBlock = { odd: 1000, bad: 5000 } as const;

/**
 * How late timers of this service are, over a fifth of a second, and the longest block of the last half minute: what blocks
 * them blocks every answer. Null in a process that is no service: it has just been loaded, which says nothing of one.
 */
export function eventLoopCheck(longestBlockMs: () => number | null): HealthCheck {
  return {
    name: 'event_loop',
    category: 'performance',
    critical: false,
    measure: async (signal) => {
      const longest = longestBlockMs();
      if (longest === null)
        return notMeasured('No service runs, so there is no event loop that calls wait for.');
      // Each look wakes a process at rest, and only lateness of 200 ms counts.
      const resolution = 20;
      const histogram = monitorEventLoopDelay({ resolution });
      histogram.enable();
      try {
        await delay(200, undefined, { signal });
      } finally {
        histogram.disable();
      }
      const late = Math.max(0, Math.round(histogram.percentile(99) / 1e6) - resolution);
      const blocked = Math.round(longest);
      const mend = 'Something keeps this process busy: look at performance.json.';
      const evidence = `Timers are at most ${late} ms late (99th percentile over 200 ms).`;
      if (blocked >= longBlock.odd)
        return highIsBad({
          value: blocked,
          unit: 'ms',
          ...longBlock,
          evidence: `The process stood still for ${blocked} ms within the last half minute. ${evidence}`,
          remedy: mend,
        });
      return highIsBad({ value: late, unit: 'ms', odd: 200, bad: 1000, evidence, remedy: mend });
    },
  };
}

/** Linux knows what could be freed; elsewhere what is free must do. */
async function availableBytes(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/mu.exec(text)?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

function atLeast(value: number, well: number, bad: number): HealthStatus {
  if (value >= well) return 'healthy';
  return value >= bad ? 'degraded' : 'unhealthy';
}
