import { z } from 'zod';
import { cursorText } from '../../domain/input.ts';
import { taskStates } from '../../domain/task.ts';
import { operation } from '../operation.ts';

const base = {
  kind: 'call',
  needs: 'store',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'library'],
} as const;

const receiverName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/u, 'a receiver is named as in notifications.webhooks');
const messageState = z.enum(['waiting', 'delivered', 'failed']);

/** The body of a message of type `task.<state>`: the task as it stood in the transaction that moved it. */
export const TaskMessage = z.object({
  type: z.string(),
  /** RFC 3339 in UTC, of the change. */
  timestamp: z.string(),
  data: z.object({
    task: z.object({
      id: z.string(),
      state: z.enum(taskStates),
      /** State before; null for a task that is new. */
      from: z.enum(taskStates).nullable(),
      /** Reason code while the state is `needs_attention`. */
      attention: z.string().nullable(),
      title: z.string(),
      kind: z.string(),
      target: z.string(),
      host: z.enum(['github', 'local']),
      agent: z.string(),
      /** Number of its issue in the manager repository; null before it is published. */
      issue: z.number().nullable(),
      /** Web address. */
      pullRequest: z.string().nullable(),
      attempt: z.number(),
      /** Counts the changes of the task: a message with a lower one is older. */
      version: z.number(),
    }),
  }),
});
export type TaskMessage = z.infer<typeof TaskMessage>;

const ReceiverLine = z.object({
  name: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  /** Name of the credential that signs. */
  secret: z.string(),
  waiting: z.number(),
  failed: z.number(),
  lastDeliveredAt: z.string().nullable(),
});
export type ReceiverLine = z.infer<typeof ReceiverLine>;

export const listReceivers = operation({
  ...base,
  name: 'notifications.list',
  summary: 'List the programs that are told what happens to tasks, and how far they are',
  permission: 'config:read',
  effect: 'read',
  input: z.object({}),
  output: z.array(ReceiverLine),
});

const MessageLine = z.object({
  id: z.string(),
  receiver: z.string(),
  type: z.string(),
  state: messageState,
  attempts: z.number(),
  createdAt: z.string(),
  /** Of the next try, while it waits. */
  nextAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  /** HTTP status of the last answer. */
  status: z.number().nullable(),
  problem: z.string().nullable(),
  /** What was or will be sent, as JSON text. */
  body: z.string(),
});
export type MessageLine = z.infer<typeof MessageLine>;

export const listMessages = operation({
  ...base,
  name: 'notifications.deliveries',
  summary: 'List what other programs were told, newest first, a page at a time',
  permission: 'config:read',
  effect: 'read',
  input: z.object({
    receiver: receiverName.optional(),
    state: messageState.optional(),
    /** `next` of the page before. */
    after: cursorText.optional(),
    limit: z.number().int().min(1).max(500).default(50),
  }),
  output: z.object({ items: z.array(MessageLine), next: z.string().nullable() }),
});

const messageId = z
  .string()
  .regex(/^[0-9a-f]{24}$/u, 'give the id of a message, as `notifications deliveries` prints it');

export const sendAgain = operation({
  ...base,
  name: 'notifications.redeliver',
  summary: 'Send a message again',
  permission: 'config:write',
  effect: 'write',
  input: z.object({ id: messageId }),
  output: z.object({ id: z.string() }),
});

export const testReceiver = operation({
  ...base,
  name: 'notifications.test',
  summary: 'Send a message of type ping to one program; the running service delivers it',
  permission: 'config:write',
  effect: 'write',
  input: z.object({ receiver: receiverName }),
  output: z.object({ id: z.string() }),
});
