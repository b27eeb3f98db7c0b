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

export const reportPerformance = operation({
  ...common,
  name: 'performance.report',
  summary: 'Calls, errors, throughput and percentiles of durations over the last hours',
  permission: 'metrics:read',
  effect: 'read',
  input: z.object({
    hours,
    area: z.enum(['operation', 'upstream', 'job', 'scanner', 'function']).optional(),
    /** One series, whatever its area. */
    name: z.string().min(1).max(80).optional(),
  }),
  output: PerformanceReport,
});

export const keepBaseline = operation({
  ...common,
  name: 'performance.baseline',
  summary: 'Keep how the service performs now as what is normal; alerts compare with it',
  permission: 'alerts:write',
  effect: 'write',
  input: z.object({ hours }),
  output: PerformanceReport,
});
