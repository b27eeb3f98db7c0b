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
  anchors: z.array(
    z.object({
      name: z.string(),
      lines: z.number(),
      /** The newest note there: the entries it vouches for, and when it was signed. */
      last: z.object({ size: z.number(), at: z.string() }).nullable(),
    }),
  ),
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

export const severities = ['critical', 'high', 'medium', 'low'] as const;

const Issue = z.object({
  code: z.string(),
  severity: z.enum(severities),
  /** What was seen, with counts. */
  evidence: z.string(),
  /** What to do about it. */
  next: z.string(),
  /** Of the audit log; at most ten. */
  entries: z.array(z.number()),
});

export const AuditReview = z.object({
  since: z.string(),
  until: z.string(),
  /** Entries of the period, this question left out. */
  entries: z.number(),
  /** Per area; null where nothing was recorded. */
  areas: z.array(
    z.object({
      area: z.string(),
      entries: z.number().nullable(),
      refused: z.number().nullable(),
      failed: z.number().nullable(),
    }),
  ),
  events: z.array(z.object({ event: z.string(), outcome: z.string(), count: z.number() })),
  issues: z.array(Issue),
});
export type AuditReview = z.infer<typeof AuditReview>;

const hours = z
  .number()
  .int()
  .min(1)
  .max(24 * 366);

export const reviewAudit = operation({
  name: 'security.audit',
  summary: 'Security events of the last hours and open issues, with evidence and next step',
  permission: 'security:read',
  effect: 'read',
  kind: 'call',
  needs: 'store',
  deadlineMs: 600_000,
  doors: ['cli', 'http', 'library'],
  input: z.strictObject({ hours: hours.default(24) }),
  output: AuditReview,
});

export const EvidenceReport = z.object({
  since: z.string(),
  until: z.string(),
  made: z.string(),
  product: z.string(),
  /** Of the whole log. */
  log: z.object({
    intact: z.boolean(),
    firstBad: z.number().nullable(),
    why: z.string().nullable(),
    entries: z.number(),
    firstEntry: z.number(),
    checkpoints: z.number(),
    signedUntil: z.number(),
    gaps: z.array(z.object({ after: z.number(), until: z.number(), at: z.string() })),
    verifierKey: z.string(),
  }),
  /** Entries of the period; null when nothing was recorded. */
  entries: z.number().nullable(),
  controls: z.array(
    z.object({
      framework: z.string(),
      control: z.string(),
      title: z.string(),
      /** What was counted: patterns of event names. */
      counted: z.array(z.string()),
      /** Null means no data. */
      count: z.number().nullable(),
      outcomes: z.record(z.string(), z.number()),
      samples: z.array(
        z.object({
          seq: z.number(),
          at: z.string(),
          event: z.string(),
          outcome: z.string(),
          actor: z.string(),
          target: z.string().nullable(),
          line: z.string(),
          /** C2SP tlog-proof. */
          proof: z.string().nullable(),
        }),
      ),
      exceptions: z.array(z.object({ seq: z.number(), text: z.string() })),
      exceptionCount: z.number(),
    }),
  ),
  /** What the log cannot show. */
  limits: z.array(z.string()),
  file: z.string().nullable(),
});
export type EvidenceReport = z.infer<typeof EvidenceReport>;

export const reportEvidence = operation({
  name: 'security.report',
  summary:
    'Evidence for SOC 2, ISO 27001 and NIST 800-53 AU: counts, samples with proofs, exceptions',
  permission: 'audit:read',
  effect: 'read',
  kind: 'call',
  needs: 'store',
  deadlineMs: 600_000,
  doors: ['cli', 'http', 'library'],
  input: z.strictObject({
    hours: hours.default(24 * 30),
    /** A page for people; at the command line and in the library only. */
    html: z.string().min(1).max(4096).optional(),
  }),
  output: EvidenceReport,
});
