import { z } from 'zod';
import { filePath } from '../../domain/input.ts';
import { operation } from '../operation.ts';

export const DoctorReport = z.object({
  healthy: z.boolean(),
  checks: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['ok', 'warning', 'failed', 'not_measured']),
      evidence: z.string(),
      mend: z.string().nullable(),
    }),
  ),
});
export type DoctorReport = z.infer<typeof DoctorReport>;

export const doctor = operation({
  name: 'health.doctor',
  summary: 'Prove that this machine can do the work: Node, git, database, sandbox, agents, token',
  permission: 'public',
  effect: 'read',
  kind: 'call',
  needs: 'nothing',
  deadlineMs: 180_000,
  doors: ['cli', 'library'],
  input: z.object({ file: filePath.optional() }),
  output: DoctorReport,
});

export const healthCategories = [
  'resources',
  'configuration',
  'security',
  'database',
  'external',
  'performance',
] as const;

const status = z.enum(['healthy', 'degraded', 'unhealthy', 'unknown']);

export const HealthReport = z.object({
  overallStatus: status,
  /** 0 to 100 over what was measured; null when nothing was. */
  score: z.number().nullable(),
  checks: z.array(
    z.object({
      name: z.string(),
      category: z.string(),
      critical: z.boolean(),
      status,
      value: z.number().nullable(),
      threshold: z.number().nullable(),
      evidence: z.string(),
      remedy: z.string().nullable(),
      durationMs: z.number(),
    }),
  ),
  criticalIssues: z.array(z.string()),
  recommendations: z.array(z.string()),
});
export type HealthReport = z.infer<typeof HealthReport>;

export const runHealth = operation({
  name: 'health.run',
  summary: 'Measure how the system is; what could not be measured is unknown',
  permission: 'health:read',
  effect: 'read',
  kind: 'call',
  needs: 'store',
  deadlineMs: 60_000,
  doors: ['http', 'library'],
  input: z.strictObject({
    /** All when none is named. */
    categories: z.array(z.enum(healthCategories)).default([]),
  }),
  output: HealthReport,
});
