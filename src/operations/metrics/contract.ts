import { z } from 'zod';
import { SeriesLine } from '../../domain/series-line.ts';
import { operation } from '../operation.ts';

const Sample = z.object({
  name: z.string(),
  labels: z.record(z.string(), z.union([z.string(), z.number()])),
  value: z.number(),
});

export const MetricsExport = z.object({
  at: z.string(),
  /** `service`: asked of the one that runs; `history`: none answered, the newest figures of the database. */
  source: z.enum(['service', 'history']),
  address: z.string().nullable(),
  samples: z.array(Sample),
  history: z.object({ since: z.string(), series: z.array(SeriesLine) }).nullable(),
  files: z.array(z.string()),
});
export type MetricsExport = z.infer<typeof MetricsExport>;

export const exportMetrics = operation({
  name: 'metrics.export',
  summary: 'The figures of the running service and of the past, as JSON and for Prometheus',
  permission: 'metrics:read',
  effect: 'read',
  kind: 'call',
  needs: 'store',
  deadlineMs: 60_000,
  doors: ['cli', 'library'],
  input: z.object({
    /** Writes PREFIX.json and PREFIX.prom. */
    output: z.string().min(1).max(4000).default('metrics'),
    history: z.boolean().default(true),
    hours: z.number().positive().max(87_600).default(24),
  }),
  output: MetricsExport,
});
