import { z } from 'zod';
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
  input: z.object({ file: z.string().optional() }),
  output: DoctorReport,
});
