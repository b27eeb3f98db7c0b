import { z } from 'zod';
import { operation } from '../operation.ts';

export const VerifyReport = z.object({
  ok: z.boolean(),
  entries: z.number(),
  first: z.number(),
  /** The first entry that is wrong or missing. */
  firstBad: z.number().nullable(),
  why: z.string().nullable(),
  head: z.object({ seq: z.number(), hash: z.string() }),
  root: z.string(),
  checkpoints: z.number(),
  /** Entries a checkpoint covers; younger ones are only chained. */
  signedUntil: z.number(),
  anchors: z.array(z.object({ name: z.string(), lines: z.number() })),
  gaps: z.array(z.object({ after: z.number(), until: z.number(), at: z.string() })),
  verifierKey: z.string(),
  /** The bundle that was written for another verifier. */
  exported: z.string().nullable(),
});
export type VerifyReport = z.infer<typeof VerifyReport>;

export const verifyAudit = operation({
  name: 'security.verify',
  summary:
    'Verify the whole audit log against its signatures and anchors; name the first bad entry',
  permission: 'audit:read',
  effect: 'read',
  kind: 'call',
  needs: 'store',
  deadlineMs: 600_000,
  doors: ['cli', 'http', 'library'],
  input: z.strictObject({
    /** A file for the bundle that another verifier reads; at the command line and in the library only. */
    export: z.string().min(1).max(4096).optional(),
  }),
  output: VerifyReport,
});
