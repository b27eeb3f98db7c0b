import { z } from 'zod';
import {
  cursorText,
  issueNumber,
  plainId,
  plainName,
  reasonText,
  repositoryName,
  searchText,
} from '../../domain/input.ts';
import { taskStates } from '../../domain/task.ts';
import { operation } from '../operation.ts';

const taskId = z
  .string()
  .regex(/^[0-9a-f]{4,24}$/u, 'a task id is 4 to 24 hex digits, as `tasks list` prints it');
const reason = reasonText.optional();
/** RFC 3339 in UTC. */
const moment = z.string();

/** What lists show of a task. */
export const TaskLine = z.object({
  id: z.string(),
  state: z.enum(taskStates),
  /** Reason code while the state is `needs_attention`. */
  attention: z.string().nullable(),
  title: z.string(),
  /** Kind of work: todo, stale-issue, requested, … */
  kind: z.string(),
  target: z.string(),
  host: z.enum(['github', 'local']),
  /** 0 to 100. */
  rank: z.number(),
  /** The strongest reason for the rank, in words. */
  topReason: z.string().nullable(),
  agent: z.string(),
  issue: z.number().nullable(),
  issueUrl: z.string().nullable(),
  /** Web address. */
  pullRequest: z.string().nullable(),
  note: z.string().nullable(),
  attempt: z.number(),
  snoozedUntil: moment.nullable(),
  /** What an approval of it binds as it stands; null once it waits for no decision. */
  contentHash: z.string().nullable(),
  /** Decisions that stand of those that the policy asks for. */
  approved: z.object({ given: z.number(), needed: z.number() }),
  createdAt: moment,
  updatedAt: moment,
  /** Goes back in with an edit, so that nobody overwrites what they have not seen. */
  version: z.number(),
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
  startedAt: moment,
  endedAt: moment.nullable(),
  checks: z.array(z.object({ command: z.string(), passed: z.boolean() })),
  patch: z.string().nullable(),
});

const ApprovalLine = z.object({
  actor: z.string(),
  /** Who the person is across channels, as counted for two approvers. */
  person: z.string(),
  channel: z.string(),
  contentHash: z.string(),
  decidedAt: moment,
  /** Roles on the manager repository and on the target at that moment. */
  roles: z.object({ manager: z.string(), target: z.string() }),
  voidedAt: moment.nullable(),
  voidReason: z.string().nullable(),
});

/** The place in the code (or the issue) that led to a task. */
const Evidence = z.object({
  id: z.string(),
  rule: z.string(),
  status: z.string(),
  path: z.string(),
  line: z.number(),
  endLine: z.number(),
  tag: z.string().nullable(),
  text: z.string(),
  owner: z.string().nullable(),
  confidence: z.number(),
  commit: z.string().nullable(),
  url: z.string().nullable(),
  /** Lines round the place; the first one has the number `contextStart`. */
  context: z.array(z.string()),
  contextStart: z.number(),
  firstSeen: moment,
});

/** What the policy of the repository says about this work. */
export const PolicyView = z.object({
  agent: z.string(),
  base: z.string().nullable(),
  setup: z.array(z.string()),
  checks: z.array(z.string()),
  egress: z.array(z.string()),
  protectedPaths: z.array(z.string()),
  protectedPathsPolicy: z.string(),
  proposalsOpen: z.number(),
  approvers: z.number(),
  expiresDays: z.number().nullable(),
  budget: z.object({
    perRunUsd: z.number(),
    perDayUsd: z.number(),
    timeoutMinutes: z.number(),
    stallMinutes: z.number(),
    maxAttempts: z.number(),
  }),
});
export type PolicyView = z.infer<typeof PolicyView>;

export const TaskDetail = TaskLine.extend({
  body: z.string(),
  evidence: z.string(),
  rankReasons: z.array(z.object({ factor: z.string(), points: z.number(), because: z.string() })),
  baseBranch: z.string(),
  contentHash: z.string(),
  approvals: z.array(ApprovalLine),
  runs: z.array(RunLine),
});
export type TaskDetail = z.infer<typeof TaskDetail>;

/** The whole story of one task on one page. */
export const TaskStory = TaskDetail.extend({
  origin: z.object({ kind: z.enum(['finding', 'issue']), rule: z.string().nullable() }),
  finding: Evidence.nullable(),
  /** Exactly what the agent is given; the random fence is named `FENCE` here. */
  given: z.object({
    prompt: z.string(),
    /** Hidden text that was made visible, and how many invisible characters were taken out. */
    hidden: z.array(z.string()),
    invisibleCharacters: z.number(),
  }),
  /** Whether the words as they stand are the ones that the standing approval binds. */
  bound: z.boolean(),
  policy: PolicyView,
  pull: z
    .object({ number: z.number(), branch: z.string(), headSha: z.string(), url: z.string() })
    .nullable(),
  /** What in its pull request the policy leaves to a person, who looks at it before a merge; empty when nothing is. */
  leftToPerson: z.array(z.string()),
  /** US dollars of all ended runs. */
  costUsd: z.number(),
  effects: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      status: z.string(),
      number: z.number().nullable(),
      url: z.string().nullable(),
      error: z.string().nullable(),
      createdAt: moment,
    }),
  ),
});
export type TaskStory = z.infer<typeof TaskStory>;

const TimelineEntry = z.object({
  at: moment,
  kind: z.enum(['created', 'note', 'approval', 'void', 'run', 'run_end', 'audit']),
  /** Reason or event code. */
  code: z.string(),
  text: z.string(),
  actor: z.object({ kind: z.string(), name: z.string() }).nullable(),
  runId: z.string().nullable(),
});
export type TimelineEntry = z.infer<typeof TimelineEntry>;

const AuditLine = z.object({
  seq: z.number(),
  at: moment,
  event: z.string(),
  outcome: z.string(),
  actor: z.object({ kind: z.string(), name: z.string() }),
  correlationId: z.string(),
  facts: z.record(z.string(), z.unknown()),
  hash: z.string(),
});

const Explanation = z.object({
  id: z.string(),
  state: z.enum(taskStates),
  code: z.string(),
  text: z.string(),
  next: z.string(),
  /** What sealed the agent of the last run in, `none` where nothing did; null until one has worked. */
  sandbox: z.string().nullable(),
  notes: z.array(z.object({ at: z.string(), code: z.string(), text: z.string() })),
});

const store = {
  needs: 'store',
  kind: 'call',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'library'],
} as const;

const read = { ...store, effect: 'read', doors: ['cli', 'http', 'mcp', 'library'] } as const;

const filters = {
  repo: repositoryName.optional(),
  kind: z.array(plainName).max(20).optional(),
  agent: plainName.optional(),
  /** Words of title, body, repository or issue number; the last word may be a beginning. */
  q: searchText.optional(),
};

export const listTasks = operation({
  ...read,
  name: 'tasks.list',
  summary: 'List tasks, a page at a time',
  permission: 'tasks:read',
  input: z.object({
    ...filters,
    state: z.array(z.enum(taskStates)).max(taskStates.length).optional(),
    /** Only what waits for a decision of whoever asks: proposals and held tasks, without what they approved already. */
    waiting: z.boolean().default(false),
    snoozed: z.enum(['any', 'hide', 'only']).default('any'),
    sort: z.enum(['rank', 'oldest', 'newest', 'updated']).default('rank'),
    /** `next` of the page before. */
    after: cursorText.optional(),
    limit: z.number().int().min(1).max(1000).default(100),
  }),
  output: z.object({ items: z.array(TaskLine), next: z.string().nullable() }),
});
export type TaskPage = z.infer<typeof listTasks.output>;

export const countTasks = operation({
  ...read,
  name: 'tasks.counts',
  summary: 'Count tasks by state',
  permission: 'tasks:read',
  input: z.object(filters),
  output: z.object({
    states: z.record(z.string(), z.number()),
    /** Proposed or held, and not snoozed. */
    waiting: z.number(),
    snoozed: z.number(),
    total: z.number(),
  }),
});

export const showTask = operation({
  ...read,
  name: 'tasks.show',
  summary: 'Show one task: evidence, words, what the agent is given, approvals, runs, writes',
  permission: 'tasks:read',
  input: z.object({ id: taskId }),
  output: TaskStory,
});

export const taskTimeline = operation({
  ...read,
  name: 'tasks.timeline',
  summary: 'Tell what happened to a task, when and by whom, oldest first',
  permission: 'tasks:read',
  input: z.object({ id: taskId }),
  output: z.object({ entries: z.array(TimelineEntry) }),
});

export const taskAudit = operation({
  ...read,
  name: 'tasks.audit',
  summary: 'Show what the audit log says about a task, newest first',
  permission: 'audit:read',
  input: z.object({
    id: taskId,
    /** Only entries before this `seq`. */
    after: z.number().int().positive().optional(),
    limit: z.number().int().min(1).max(500).default(100),
  }),
  output: z.object({ items: z.array(AuditLine), next: z.number().nullable() }),
});

export const taskDiff = operation({
  ...read,
  name: 'tasks.diff',
  summary: 'Show the change that a run made, the latest one when none is named',
  permission: 'tasks:read',
  input: z.object({ id: taskId, run: plainId.optional() }),
  output: z.object({
    runId: z.string().nullable(),
    attempt: z.number().nullable(),
    outcome: z.string().nullable(),
    /** Unified diff; null when the run left none. */
    patch: z.string().nullable(),
    files: z.array(
      z.object({
        path: z.string(),
        from: z.string().nullable(),
        change: z.enum(['added', 'deleted', 'modified', 'renamed', 'binary']),
        added: z.number(),
        removed: z.number(),
      }),
    ),
  }),
});

export const explainTask = operation({
  ...read,
  name: 'tasks.explain',
  summary: 'Say why a task is where it is and what would move it',
  permission: 'tasks:read',
  input: z.object({ id: taskId }),
  output: Explanation,
});

export const approveTask = operation({
  ...store,
  name: 'tasks.approve',
  summary: 'Approve a proposal exactly as it stands',
  permission: 'tasks:approve',
  effect: 'write',
  input: z.object({
    id: taskId,
    /** `contentHash` of the words that were read; other words by now are refused (`approval_void_content`). */
    contentHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/u, 'expected 64 hex digits')
      .optional(),
  }),
  output: TaskLine,
});

export const rejectTask = operation({
  ...store,
  name: 'tasks.reject',
  summary: 'Reject a proposal; it is not proposed again',
  permission: 'tasks:approve',
  effect: 'write',
  input: z.object({
    id: taskId,
    reason,
    /** Also proposes nothing of this kind in this repository until the rule is lifted. */
    neverAgain: z.enum(['this_kind_here']).optional(),
  }),
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
  input: z.object({
    id: taskId,
    /** The caller has looked at what the policy leaves to a person in it; refused without where there is any. */
    looked: z.boolean().default(false),
  }),
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
      issue: issueNumber.optional(),
      repo: repositoryName.optional(),
      agent: plainName.optional(),
      /** False only at the machine itself: without sessions and rate limits; audited. */
      secure: z.boolean().default(true),
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
