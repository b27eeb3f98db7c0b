import { z } from 'zod';
import { cursorText, plainId, plainName, reasonText, repositoryName } from '../../domain/input.ts';
import { operation } from '../operation.ts';

const runId = plainId;
const page = {
  /** `next` of the page before. */
  after: cursorText.optional(),
  limit: z.number().int().min(1).max(500).default(50),
};

export const RunItem = z.object({
  id: z.string(),
  taskId: z.string(),
  taskTitle: z.string(),
  target: z.string(),
  attempt: z.number(),
  agent: z.string(),
  /** What sealed the agent in, `none` where nothing did; null until that is known. */
  sandbox: z.string().nullable(),
  live: z.boolean(),
  outcome: z.string().nullable(),
  reason: z.string().nullable(),
  summary: z.string().nullable(),
  /** US dollars: reserved while it runs, then what it cost. */
  costUsd: z.number().nullable(),
  /** What one run may cost here. */
  budgetUsd: z.number(),
  baseCommit: z.string().nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  lastEventAt: z.string().nullable(),
  /** Last `seq`; 0 without events. */
  lastSeq: z.number(),
  checks: z.object({ passed: z.number(), failed: z.number() }),
});
export type RunItem = z.infer<typeof RunItem>;

export const RunDetail = RunItem.extend({
  usage: z
    .object({
      inputTokens: z.number(),
      outputTokens: z.number(),
      cachedTokens: z.number(),
      turns: z.number().nullable(),
      costUsd: z.number().nullable(),
    })
    .nullable(),
  checkResults: z.array(
    z.object({
      command: z.string(),
      passed: z.boolean(),
      exitCode: z.number().nullable(),
      durationMs: z.number(),
      output: z.string(),
    }),
  ),
  hasPatch: z.boolean(),
  timeoutMinutes: z.number(),
  stallMinutes: z.number(),
  correlationId: z.string(),
});
export type RunDetail = z.infer<typeof RunDetail>;

/** An event of the agent as domain/agent-event.ts has it, moments as text. */
export const RunEvent = z.object({
  seq: z.number(),
  at: z.string(),
  event: z.object({ type: z.string() }).catchall(z.unknown()),
});
export type RunEvent = z.infer<typeof RunEvent>;

const read = {
  needs: 'store',
  kind: 'call',
  effect: 'read',
  permission: 'tasks:read',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'mcp', 'library'],
} as const;

export const listRuns = operation({
  ...read,
  name: 'runs.list',
  summary: 'List runs, newest first, a page at a time',
  input: z.object({
    ...page,
    /** True: only those at work; false: only those that ended. */
    live: z.boolean().optional(),
    repo: repositoryName.optional(),
    agent: plainName.optional(),
    outcome: z.array(plainName).max(20).optional(),
    task: plainId.optional(),
  }),
  output: z.object({ items: z.array(RunItem), next: z.string().nullable() }),
});

export const showRun = operation({
  ...read,
  name: 'runs.show',
  summary: 'Show one run: cost, checks with their output, end',
  input: z.object({ id: runId }),
  output: RunDetail,
});

export const runEvents = operation({
  ...read,
  name: 'runs.events',
  summary: 'Read what an agent said and did; with waitSeconds wait for more while it runs',
  input: z.object({
    id: runId,
    /** Only events after this `seq`. */
    after: z.number().int().min(0).default(0),
    limit: z.number().int().min(1).max(2000).default(500),
    /** How long to wait when there is nothing yet and the run is live. */
    waitSeconds: z.number().min(0).max(25).default(0),
  }),
  output: z.object({
    items: z.array(RunEvent),
    /** Goes back in as `after`. */
    next: z.number(),
    /** False: the run has ended and there is no more after `next`. */
    live: z.boolean(),
  }),
});

export const cancelRun = operation({
  ...read,
  name: 'runs.cancel',
  summary: 'Stop a run; its task is canceled and the agent is stopped',
  permission: 'tasks:write',
  effect: 'write',
  reducesHarm: true,
  doors: ['cli', 'http', 'library'],
  input: z.object({ id: runId, reason: reasonText.optional() }),
  output: RunDetail,
});
