import { z } from 'zod';
import { cursorText } from '../../domain/input.ts';
import { operation } from '../operation.ts';

const base = {
  kind: 'call',
  needs: 'store',
  deadlineMs: 60_000,
  doors: ['cli', 'http', 'library'],
} as const;

const HookLine = z.object({
  repository: z.string(),
  /** `missing`: there is none of our address; `wrong`: it is off, or sends something else; `unknown`: see `problem`. */
  state: z.enum(['good', 'wrong', 'missing', 'unknown']),
  url: z.string(),
  problem: z.string().nullable(),
});
export type HookLine = z.infer<typeof HookLine>;

export const listWebhooks = operation({
  ...base,
  name: 'webhooks.list',
  summary: 'Say for each repository whether GitHub sends its events here',
  permission: 'config:read',
  effect: 'read',
  input: z.object({}),
  output: z.array(HookLine),
});

export const setUpWebhooks = operation({
  ...base,
  name: 'webhooks.setup',
  summary:
    'Make GitHub send the events of the watched repositories here: hooks are made or repaired',
  permission: 'config:write',
  effect: 'write',
  deadlineMs: 600_000,
  input: z.object({
    /** Where GitHub reaches this service; server.publicUrl when not said. */
    url: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .optional(),
  }),
  output: z.array(HookLine.extend({ done: z.enum(['created', 'updated', 'failed']) })),
});

export const DeliveryLine = z.object({
  id: z.string(),
  event: z.string(),
  state: z.enum(['waiting', 'done', 'failed']),
  attempts: z.number(),
  receivedAt: z.string(),
  endedAt: z.string().nullable(),
  error: z.string().nullable(),
});
export type DeliveryLine = z.infer<typeof DeliveryLine>;

export const listDeliveries = operation({
  ...base,
  name: 'webhooks.deliveries',
  summary: 'List what GitHub delivered, newest first, a page at a time',
  permission: 'config:read',
  effect: 'read',
  input: z.object({
    state: z.enum(['waiting', 'done', 'failed']).optional(),
    /** `next` of the page before. */
    after: cursorText.optional(),
    limit: z.number().int().min(1).max(500).default(50),
  }),
  output: z.object({ items: z.array(DeliveryLine), next: z.string().nullable() }),
});

export const workAgain = operation({
  ...base,
  name: 'webhooks.redeliver',
  summary: 'Work through a delivery again',
  permission: 'config:write',
  effect: 'write',
  input: z.object({ id: z.string().regex(/^[\w-]{1,100}$/) }),
  output: z.object({ id: z.string() }),
});
