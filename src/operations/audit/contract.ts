import { z } from 'zod';
import { filePath, freeText, plainId, searchText } from '../../domain/input.ts';
import { operation } from '../operation.ts';

const outcome = z.enum(['begun', 'ok', 'refused', 'failed']);
const moment = z.iso.datetime({ offset: true });
const period = {
  /** RFC 3339; from this moment on. */
  since: moment.optional(),
  /** Before this moment. */
  until: moment.optional(),
};

export const AuditLine = z.object({
  seq: z.number(),
  at: z.string(),
  event: z.string(),
  outcome,
  actor: z.looseObject({ kind: z.string(), name: z.string() }),
  source: z.string().nullable(),
  target: z.string().nullable(),
  correlationId: z.string(),
  reason: z.string().nullable(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  facts: z.record(z.string(), z.unknown()),
  begun: z.number().nullable(),
  version: z.string().nullable(),
  hash: z.string(),
});
export type AuditLine = z.infer<typeof AuditLine>;

const store = {
  needs: 'store',
  kind: 'call',
  permission: 'audit:read',
  effect: 'read',
  deadlineMs: 600_000,
} as const;

export const listAudit = operation({
  ...store,
  name: 'audit.list',
  summary: 'List entries of the audit log, newest first',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'library', 'mcp'],
  input: z.strictObject({
    ...period,
    event: plainId.optional(),
    outcome: outcome.optional(),
    actor: searchText.optional(),
    target: freeText({ max: 500 }).optional(),
    correlationId: searchText.optional(),
    /** Words that all stand somewhere in the entry; with a period it looks through less. */
    q: searchText.optional(),
    /** The last `seq` of the page before. */
    beforeSeq: z.number().int().min(1).optional(),
    limit: z.number().int().min(1).max(1000).default(100),
  }),
  output: z.object({
    entries: z.array(AuditLine),
    /** For the next page; null at the end. */
    beforeSeq: z.number().nullable(),
  }),
});

export const showAudit = operation({
  ...store,
  name: 'audit.show',
  summary: 'Show one entry with the line that is hashed, and a proof that it is in the signed log',
  doors: ['cli', 'http', 'library'],
  input: z.strictObject({
    seq: z.number().int().min(1),
    /** Reads the whole log. */
    proof: z.boolean().default(false),
  }),
  output: z.object({
    entry: AuditLine,
    line: z.string(),
    /** C2SP tlog-proof; null when none was asked for, or none can be given. */
    proof: z.string().nullable(),
  }),
});

export const auditFormats = ['jsonl', 'ocsf'] as const;

export const exportAudit = operation({
  ...store,
  name: 'audit.export',
  summary: 'Export the audit log of a period as its own lines or as OCSF 1.5.0 events',
  doors: ['cli', 'http', 'library'],
  input: z.strictObject({
    ...period,
    format: z.enum(auditFormats).default('jsonl'),
    /** Where to write; at the command line and in the library only. Without it the answer holds at most 10,000 lines. */
    file: filePath.optional(),
  }),
  output: z.object({
    format: z.enum(auditFormats),
    schema: z.string(),
    entries: z.number(),
    file: z.string().nullable(),
    lines: z.array(z.string()).nullable(),
  }),
});

export const declareAuditGap = operation({
  ...store,
  name: 'audit.declare-gap',
  summary: 'Accept, signed and for ever visible, that a restored database lacks audit entries',
  permission: 'security:write',
  effect: 'admin',
  dangerous: true,
  deadlineMs: 60_000,
  doors: ['cli', 'http', 'library'],
  input: z.strictObject({ reason: freeText({ min: 1, max: 2000 }) }),
  output: z.object({ after: z.number(), until: z.number() }),
});
