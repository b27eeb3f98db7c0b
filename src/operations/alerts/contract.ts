import { z } from 'zod';
import { reasonText, titleText } from '../../domain/input.ts';
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

const hours = z.number().positive().max(720).default(4);
const reason = reasonText.optional();

export const silenceAlert = operation({
  ...common,
  name: 'alerts.silence',
  summary: 'Tell nobody of an alert for some hours, also when it comes back; it stays in the list',
  permission: 'alerts:write',
  effect: 'write',
  input: z.object({ id, hours, reason }),
  output: AlertLine,
});

export const SilenceLine = z.object({
  id: z.string(),
  /** Null: alerts of every kind. */
  kind: z.string().nullable(),
  /** Null: every subject of the kind. */
  subject: z.string().nullable(),
  since: z.string(),
  until: z.string(),
  by: z.string(),
  reason: z.string().nullable(),
});
export type SilenceLine = z.infer<typeof SilenceLine>;

export const createSilence = operation({
  ...common,
  name: 'silences.create',
  summary:
    'Tell nobody of alerts for some hours, before they begin: all of them for maintenance, or those of a kind',
  permission: 'alerts:write',
  effect: 'write',
  input: z.object({
    /** As `alerts list` names it; left out for all kinds. */
    kind: z
      .string()
      .regex(/^[a-z_]{1,40}$/u, 'give a kind of alert, such as latency')
      .optional(),
    subject: titleText.optional(),
    hours,
    reason,
  }),
  output: SilenceLine,
});

export const listSilences = operation({
  ...common,
  name: 'silences.list',
  summary: 'What people are told nothing of now, until when, and who wanted it',
  permission: 'metrics:read',
  effect: 'read',
  input: z.object({}),
  output: z.object({ items: z.array(SilenceLine) }),
});

export const endSilence = operation({
  ...common,
  name: 'silences.end',
  summary: 'End a silence now; what still fires is told with the next look',
  permission: 'alerts:write',
  effect: 'write',
  input: z.object({
    id: z
      .string()
      .regex(/^[0-9a-f]{12}$/u, 'give the id of a silence, as `alerts silences` prints it'),
  }),
  output: SilenceLine,
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
