import { z } from 'zod';
import { freeText, plainId, reasonText, titleText } from '../../domain/input.ts';
import { taskStates } from '../../domain/task.ts';
import { operation } from '../operation.ts';

const taskId = z
  .string()
  .regex(/^[0-9a-f]{4,24}$/u, 'a task id is 4 to 24 hex digits, as `tasks list` prints it');
const reason = reasonText.optional();

/** What a task is after somebody decided something about it. */
export const Decided = z.object({
  id: z.string(),
  state: z.enum(taskStates),
  title: z.string(),
  note: z.string().nullable(),
  snoozedUntil: z.string().nullable(),
  contentHash: z.string(),
  version: z.number(),
});
export type Decided = z.infer<typeof Decided>;

/** "Never again for this kind here": findings of the rule in the repository are not proposed while it stands. */
export const Suppression = z.object({
  id: z.string(),
  rule: z.string(),
  repository: z.string(),
  by: z.string(),
  reason: z.string().nullable(),
  /** The task whose rejection made it. */
  taskId: z.string().nullable(),
  at: z.string(),
});
export type Suppression = z.infer<typeof Suppression>;

const write = {
  needs: 'store',
  kind: 'call',
  effect: 'write',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'library'],
} as const;

export const withdrawApproval = operation({
  ...write,
  name: 'tasks.withdraw',
  summary: 'Take an approval back; work that has begun asks a person',
  permission: 'tasks:approve',
  reducesHarm: true,
  input: z.object({ id: taskId, reason }),
  output: Decided,
});

export const editTask = operation({
  ...write,
  name: 'tasks.edit',
  summary: 'Change the words of a proposal that nobody has approved yet, in its issue too',
  permission: 'tasks:write',
  input: z
    .object({
      id: taskId,
      /** As it was read; another one means that somebody changed the task in between. */
      version: z.number().int().positive().optional(),
      title: titleText.optional(),
      body: freeText({ min: 1, max: 65_536 }).optional(),
    })
    .refine(({ title, body }) => title !== undefined || body !== undefined, {
      message: 'give a title or a body',
      path: ['body'],
    }),
  output: Decided,
});

export const snoozeTask = operation({
  ...write,
  name: 'tasks.snooze',
  summary: 'Put a task off: it waits for nobody until then',
  permission: 'tasks:write',
  input: z.object({
    id: taskId,
    until: z.iso.datetime({ offset: true }),
  }),
  output: Decided,
});

export const unsnoozeTask = operation({
  ...write,
  name: 'tasks.unsnooze',
  summary: 'Bring a task back that was put off',
  permission: 'tasks:write',
  input: z.object({ id: taskId }),
  output: Decided,
});

export const listSuppressions = operation({
  ...write,
  name: 'suppressions.list',
  summary: 'List what is never proposed, by kind and repository',
  permission: 'tasks:read',
  effect: 'read',
  doors: ['cli', 'http', 'mcp', 'library'],
  input: z.object({}),
  output: z.object({ items: z.array(Suppression) }),
});

export const liftSuppression = operation({
  ...write,
  name: 'suppressions.lift',
  summary: 'Let a kind of work be proposed again in a repository',
  permission: 'tasks:approve',
  input: z.object({ id: plainId }),
  output: z.object({ items: z.array(Suppression) }),
});
