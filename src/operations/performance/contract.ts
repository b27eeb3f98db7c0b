import { z } from 'zod';
import { SeriesLine } from '../../domain/series-line.ts';
import { operation } from '../operation.ts';

const common = {
  kind: 'call',
  needs: 'store',
  deadlineMs: 60_000,
  doors: ['cli', 'http', 'mcp', 'library'],
} as const;

export const PerformanceReport = z.object({
  since: z.string(),
  until: z.string(),
  series: z.array(SeriesLine),
  /** What was called normal; null before `performance baseline` was asked for. */
  baseline: z
    .object({ at: z.string(), madeBy: z.string(), hours: z.number(), series: z.array(SeriesLine) })
    .nullable(),
});
export type PerformanceReport = z.infer<typeof PerformanceReport>;

const hours = z.coerce.number().positive().max(87_600).default(24);

const area = z.enum(['operation', 'upstream', 'job', 'scanner', 'function', 'objective']);

const Timeline = z.object({
  since: z.string(),
  until: z.string(),
  /** Length of a step. */
  stepSeconds: z.number(),
  /** Every step of the period, oldest first; durations in milliseconds are null where nothing was called. */
  steps: z.array(
    z.object({
      at: z.string(),
      calls: z.number(),
      refused: z.number(),
      failed: z.number(),
      p50Ms: z.number().nullable(),
      p95Ms: z.number().nullable(),
      p99Ms: z.number().nullable(),
    }),
  ),
});
export type Timeline = z.infer<typeof Timeline>;

export const performanceTimeline = operation({
  ...common,
  doors: ['http', 'library'],
  name: 'performance.timeline',
  summary: 'Calls, errors and percentiles of durations step by step, for charts',
  permission: 'metrics:read',
  effect: 'read',
  input: z.object({
    hours: z.coerce
      .number()
      .positive()
      .max(24 * 366)
      .default(24),
    area: area.default('operation'),
    /** One series of the area; all of them together when not said. */
    name: z.string().min(1).max(80).optional(),
  }),
  output: Timeline,
});

const GaugeTimeline = z.object({
  since: z.string(),
  until: z.string(),
  stepSeconds: z.number(),
  /** RFC 3339, one for each value of a series. */
  times: z.array(z.string()),
  series: z.array(
    z.object({
      /** Without the `claude_manager_` in front. */
      name: z.string(),
      labels: z.record(z.string(), z.string()),
      /** Averages over the step and all processes; null where nothing was measured. */
      values: z.array(z.number().nullable()),
    }),
  ),
});
export type GaugeTimeline = z.infer<typeof GaugeTimeline>;

export const gaugeTimeline = operation({
  ...common,
  doors: ['http', 'library'],
  name: 'performance.gauges',
  summary: 'What was measured every minute (memory, queue, what GitHub still allows), for charts',
  permission: 'metrics:read',
  effect: 'read',
  input: z.object({
    hours: z.coerce
      .number()
      .positive()
      .max(24 * 366)
      .default(24),
    /** As /metrics names them, without `claude_manager_`: `process_resident_bytes`, `tasks`. */
    names: z.preprocess(
      (given) => (typeof given === 'string' ? [given] : given),
      z
        .array(z.string().regex(/^[a-z_]{1,60}$/u))
        .min(1)
        .max(12),
    ),
  }),
  output: GaugeTimeline,
});

export const reportPerformance = operation({
  ...common,
  name: 'performance.report',
  summary: 'Calls, errors, throughput and percentiles of durations over the last hours',
  permission: 'metrics:read',
  effect: 'read',
  input: z.object({
    hours,
    area: area.optional(),
    /** One series, whatever its area. */
    name: z.string().min(1).max(80).optional(),
  }),
  output: PerformanceReport,
});

export const keepBaseline = operation({
  ...common,
  doors: ['cli', 'http', 'library'],
  name: 'performance.baseline',
  summary: 'Keep how the service performs now as what is normal; alerts compare with it',
  permission: 'alerts:write',
  effect: 'write',
  input: z.object({ hours }),
  output: PerformanceReport,
});
