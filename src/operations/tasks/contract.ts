import { z } from 'zod';
import { taskStates } from '../../domain/task.ts';
import { operation } from '../operation.ts';

const taskId = z
  .string()
  .regex(/^[0-9a-f]{4,24}$/u, 'a task id is 4 to 24 hex digits, as `tasks list` prints it');
const reason = z.string().max(2000).optional();

/** What lists show of a task. */
export const TaskLine = z.object({
  id: z.string(),
  state: z.enum(taskStates),
  title: z.string(),
  target: z.string(),
  rank: z.number(),
  agent: z.string(),
  issue: z.number().nullable(),
  pullRequest: z.string().nullable(),
  note: z.string().nullable(),
  updatedAt: z.string(),
});
export type TaskLine = z.infer<typeof TaskLine>;

const RunLine = z.object({
  id: z.string(),
  attempt: z.number(),
  agent: z.string(),
  outcome: z.string().nullable(),
  reason: z.string().nullable(),
  summary: z.string().nullable(),
  costUsd: z.number().nullable(),
  baseCommit: z.string().nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  checks: z.array(z.object({ command: z.string(), passed: z.boolean() })),
  patch: z.string().nullable(),
});

export const TaskDetail = TaskLine.extend({
  body: z.string(),
  evidence: z.string(),
  rankReasons: z.array(z.object({ factor: z.string(), points: z.number(), because: z.string() })),
  baseBranch: z.string(),
  contentHash: z.string(),
  approvals: z.array(
    z.object({
      actor: z.string(),
      channel: z.string(),
      contentHash: z.string(),
      decidedAt: z.string(),
      voidReason: z.string().nullable(),
    }),
  ),
  runs: z.array(RunLine),
});
export type TaskDetail = z.infer<typeof TaskDetail>;

const Explanation = z.object({
  id: z.string(),
  state: z.enum(taskStates),
  code: z.string(),
  text: z.string(),
  next: z.string(),
  notes: z.array(z.object({ at: z.string(), code: z.string(), text: z.string() })),
});

const store = {
  needs: 'store',
  kind: 'call',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'library'],
} as const;

export const listTasks = operation({
  ...store,
  name: 'tasks.list',
  summary: 'List tasks, newest change first',
  permission: 'tasks:read',
  effect: 'read',
  input: z.object({
    state: z.array(z.enum(taskStates)).optional(),
    repo: z.string().optional(),
    limit: z.number().int().min(1).max(1000).default(100),
  }),
  output: z.array(TaskLine),
});

export const showTask = operation({
  ...store,
  name: 'tasks.show',
  summary: 'Show one task: words, approvals, runs, diff',
  permission: 'tasks:read',
  effect: 'read',
  input: z.object({ id: taskId }),
  output: TaskDetail,
});

export const explainTask = operation({
  ...store,
  name: 'tasks.explain',
  summary: 'Say why a task is where it is and what would move it',
  permission: 'tasks:read',
  effect: 'read',
  input: z.object({ id: taskId }),
  output: Explanation,
});

export const approveTask = operation({
  ...store,
  name: 'tasks.approve',
  summary: 'Approve a proposal exactly as it stands',
  permission: 'tasks:approve',
  effect: 'write',
  input: z.object({ id: taskId }),
  output: TaskLine,
});

export const rejectTask = operation({
  ...store,
  name: 'tasks.reject',
  summary: 'Reject a proposal; it is not proposed again',
  permission: 'tasks:approve',
  effect: 'write',
  input: z.object({ id: taskId, reason }),
  output: TaskLine,
});

export const retryTask = operation({
  ...store,
  name: 'tasks.retry',
  summary: 'Try a failed or held task again, under its approval',
  permission: 'tasks:write',
  effect: 'write',
  input: z.object({ id: taskId }),
  output: TaskLine,
});

export const cancelTask = operation({
  ...store,
  name: 'tasks.cancel',
  summary: 'Cancel a task; a running agent is stopped',
  permission: 'tasks:write',
  effect: 'write',
  reducesHarm: true,
  input: z.object({ id: taskId, reason }),
  output: TaskLine,
});

export const mergeTask = operation({
  ...store,
  name: 'tasks.merge',
  summary: 'Merge the pull request of a task on the local host',
  permission: 'tasks:approve',
  effect: 'write',
  input: z.object({ id: taskId }),
  output: TaskLine,
});

export const executeTask = operation({
  name: 'tasks.execute',
  summary: 'Do one approved task now, through the same gates',
  permission: 'service:run',
  effect: 'write',
  kind: 'job',
  needs: 'engine',
  deadlineMs: null,
  doors: ['cli', 'library'],
  input: z
    .object({
      taskId: taskId.optional(),
      issue: z.number().int().positive().optional(),
      repo: z.string().optional(),
      agent: z.string().optional(),
    })
    .refine(
      (value) =>
        value.taskId !== undefined || (value.issue !== undefined && value.repo !== undefined),
      {
        message: 'name a task: --task-id ID, or --issue N --repo OWNER/NAME',
      },
    ),
  output: TaskDetail,
});
