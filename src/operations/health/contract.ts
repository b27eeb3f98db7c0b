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
  // A proof ends after three minutes, and several agents may each need that long.
  deadlineMs: 900_000,
  doors: ['cli', 'library'],
  input: z.object({
    file: filePath.optional(),
    /** Agents whose work costs money are only looked for, not proven. */
    free: z.boolean().default(false),
  }),
  output: DoctorReport,
});

export const healthCategories = [
  'resources',
  'configuration',
  'security',
  'database',
  'external',
  'performance',
  'pipeline',
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
      unit: z.enum(['ms', 's', 'MB', '%', 'count']),
      threshold: z.number().nullable(),
      evidence: z.string(),
      remedy: z.string().nullable(),
      durationMs: z.number(),
      /** After so long it would have counted as not measured. */
      deadlineMs: z.number(),
    }),
  ),
  criticalIssues: z.array(z.string()),
  recommendations: z.array(z.string()),
  /** Who measured: the running service, or the process that was asked because there is none. */
  measuredBy: z.object({
    kind: z.enum(['service', 'this_process']),
    pid: z.number(),
    host: z.string(),
    /** Why not the service. */
    why: z.string().nullable(),
  }),
  measuredAt: z.string(),
  /** What was done about faults, newest first. */
  remedies: z.array(
    z.object({
      at: z.string(),
      remedy: z.string(),
      check: z.string(),
      before: z.string(),
      action: z.string(),
      after: z.string(),
      outcome: z.enum(['recovered', 'not_recovered', 'failed', 'gave_up']),
    }),
  ),
  /** Overall result of the last day, oldest first, one a minute while a service runs. */
  trend: z.array(z.object({ at: z.string(), overall: z.string(), score: z.number().nullable() })),
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
  doors: ['cli', 'http', 'library'],
  input: z.strictObject({
    /** All when none is named. */
    categories: z.array(z.enum(healthCategories)).default([]),
  }),
  output: HealthReport,
});

/** What each check measured over some hours, in equal steps; gaps where nobody measured. */
export const HealthHistory = z.object({
  from: z.string(),
  until: z.string(),
  stepMs: z.number(),
  /** Where each step begins, ascending. */
  at: z.array(z.string()),
  /** Of each step the worst overall result. */
  overall: z.array(status.nullable()),
  checks: z.array(
    z.object({
      name: z.string(),
      /** Of each step the last value measured in it. */
      values: z.array(z.number().nullable()),
      /** Of each step the worst result. */
      statuses: z.array(status.nullable()),
    }),
  ),
});
export type HealthHistory = z.infer<typeof HealthHistory>;

export const healthHistory = operation({
  name: 'health.history',
  summary: 'What each check measured over the last hours, in equal steps',
  permission: 'health:read',
  effect: 'read',
  kind: 'call',
  needs: 'store',
  deadlineMs: 30_000,
  doors: ['http', 'library'],
  input: z.strictObject({
    /** As far back as it is kept: a week. */
    hours: z.number().positive().max(168).default(24),
    steps: z.number().int().min(2).max(500).default(48),
  }),
  output: HealthHistory,
});

export const machineHealth = operation({
  name: 'health.machine',
  summary: 'Measure what can be measured without the database',
  permission: 'public',
  effect: 'read',
  kind: 'call',
  needs: 'nothing',
  deadlineMs: 60_000,
  doors: ['cli'],
  input: z.strictObject({
    categories: z.array(z.enum(healthCategories)).default([]),
    file: filePath.optional(),
    /** Why the database cannot be asked. */
    problem: z.string().max(2000),
  }),
  output: HealthReport,
});
