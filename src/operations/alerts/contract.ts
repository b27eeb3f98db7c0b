import { z } from 'zod';
import { operation } from '../operation.ts';

const common = {
  kind: 'call',
  needs: 'store',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'library'],
} as const;

export const AlertLine = z.object({
  id: z.string(),
  kind: z.string(),
  subject: z.string(),
  severity: z.enum(['warning', 'critical']),
  /** `pending`: not yet long enough to tell anybody. */
  state: z.enum(['pending', 'firing', 'resolved']),
  text: z.string(),
  next: z.string(),
  since: z.string(),
  resolvedAt: z.string().nullable(),
  silencedUntil: z.string().nullable(),
  silencedBy: z.string().nullable(),
});
export type AlertLine = z.infer<typeof AlertLine>;

const id = z
  .string()
  .regex(/^[0-9a-f]{12}$/u, 'give the id of an alert, as `alerts list` prints it');

export const listAlerts = operation({
  ...common,
  doors: ['cli', 'http', 'mcp', 'library'],
  name: 'alerts.list',
  summary: 'What is not well now, and with --all what was within 30 days',
  permission: 'metrics:read',
  effect: 'read',
  input: z.object({ all: z.boolean().default(false) }),
  output: z.object({ items: z.array(AlertLine) }),
});

export const silenceAlert = operation({
  ...common,
  name: 'alerts.silence',
  summary: 'Tell nobody of an alert for some hours; it stays in the list',
  permission: 'alerts:write',
  effect: 'write',
  input: z.object({ id, hours: z.number().positive().max(720).default(4) }),
  output: AlertLine,
});

export const resolveAlert = operation({
  ...common,
  name: 'alerts.resolve',
  summary: 'Say that an alert is over; it comes back as a new one when it is not',
  permission: 'alerts:write',
  effect: 'write',
  input: z.object({ id }),
  output: AlertLine,
});
