import { z } from 'zod';
import { operation } from '../operation.ts';

const common = {
  needs: 'store',
  kind: 'call',
  deadlineMs: 60_000,
  doors: ['cli', 'http', 'library'],
} as const;

export const BlockLine = z.object({
  id: z.string(),
  /** `user:ada`, `token:ada/ci`, `address:192.0.2.7`. */
  subject: z.string(),
  reason: z.enum(['rate_limit', 'probing']),
  since: z.string(),
  until: z.string(),
  evidence: z.record(z.string(), z.unknown()),
});
export type BlockLine = z.infer<typeof BlockLine>;

/** Null where nothing was measured. */
const figure = z.number().nullable();

export const SecurityStatus = z.object({
  limits: z.object({
    requestsPerMinute: z.number(),
    requestsPerMinuteOfAddress: z.number(),
    dashboardReadsPerMinute: z.number(),
    violationsBeforeBlock: z.number(),
    probesBeforeBlock: z.number(),
    blockMinutes: z.number(),
  }),
  blocks: z.object({ standing: z.number(), begunInLastDay: z.number() }),
  signIn: z.object({
    secondFactorRequired: z.boolean(),
    accounts: figure,
    withoutSecondFactor: figure,
    lockedAccounts: figure,
    sessions: figure,
    tokens: figure,
  }),
  credentials: z.object({ stored: figure, expired: figure, expiringWithin14Days: figure }),
  audit: z.object({ entries: figure, lastEntryAt: z.string().nullable() }),
});
export type SecurityStatus = z.infer<typeof SecurityStatus>;

export const securityStatus = operation({
  ...common,
  name: 'security.status',
  summary:
    'Limits, blocks, sign-in, credentials and audit log as they stand; what was not measured is null',
  permission: 'security:read',
  effect: 'read',
  input: z.object({}),
  output: SecurityStatus,
});

export const CleanupReport = z.object({
  sessions: z.number(),
  tokens: z.number(),
  blocks: z.number(),
});
export type CleanupReport = z.infer<typeof CleanupReport>;

export const cleanUpSecurity = operation({
  ...common,
  name: 'security.cleanup',
  summary: 'Remove expired sessions, blocks and tokens; never an audit entry',
  permission: 'security:write',
  effect: 'write',
  reducesHarm: true,
  input: z.object({}),
  output: CleanupReport,
});

export const listBlocks = operation({
  ...common,
  name: 'blocks.list',
  summary: 'Clients that are blocked: who, why and until when',
  permission: 'security:read',
  effect: 'read',
  input: z.object({}),
  output: z.object({ items: z.array(BlockLine) }),
});

export const liftBlock = operation({
  ...common,
  name: 'blocks.lift',
  summary: 'Lift the block of a client, by its id or by the client it names',
  permission: 'security:write',
  effect: 'write',
  input: z.object({
    block: z
      .string()
      .regex(
        /^(?:[0-9a-f]{12}|[a-z_]{1,20}:[^\s\p{Cc}\p{Cf}]{1,300}(?: forwarded)?)$/u,
        'give the id of a block or its client, as `security blocks list` prints them',
      ),
  }),
  output: z.object({ lifted: z.array(BlockLine) }),
});
