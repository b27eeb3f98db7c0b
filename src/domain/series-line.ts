import { z } from 'zod';

/** One series of a period; durations in milliseconds, percentiles at most 4 % above the exact ones. */
export const SeriesLine = z.object({
  area: z.enum(['operation', 'upstream', 'job', 'scanner', 'function', 'objective']),
  name: z.string(),
  calls: z.number(),
  refused: z.number(),
  failed: z.number(),
  errorRate: z.number(),
  /** Over the whole period. */
  perMinute: z.number(),
  meanMs: z.number(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
  maxMs: z.number(),
});
export type SeriesLine = z.infer<typeof SeriesLine>;
