import type { CodeHost } from '../../domain/ports/code-host.ts';
import type { Run } from '../../domain/run.ts';
import type { Task, TaskEvent } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import { AppError } from '../../lib/app-error.ts';
import { grantApproval } from '../../pipeline/approve/record-approval.ts';
import type { DispatchPorts } from '../../pipeline/dispatch.ts';
import { explain } from '../../pipeline/explain.ts';
import { followPullRequests } from '../../pipeline/follow/follow.ts';
import type { PipelinePorts } from '../../pipeline/pipeline-ports.ts';
import type { CallContext, Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { TaskDetail, TaskLine } from './contract.ts';
import {
  approveTask,
  cancelTask,
  explainTask,
  listTasks,
  mergeTask,
  rejectTask,
  retryTask,
  showTask,
} from './contract.ts';

export type TaskPorts = Pick<
  PipelinePorts,
  'tasks' | 'runs' | 'effects' | 'audit' | 'settings' | 'clock' | 'correlationId' | 'host' | 'log'
> &
  DispatchPorts & {
    /** The repository that a person named: `owner/name`, or a folder from where the configuration lies. */
    readonly repository: (name: string) => Task['target'];
    /** Merges on hosts that let us (the local one). */
    readonly merge: (host: CodeHost, task: Task, actor: string) => Promise<void>;
    readonly settleQuietly: (intents: readonly string[]) => Promise<void>;
  };

/** What happens when somebody asks for a task operation. */
export function taskHandlers(ports: TaskPorts): readonly Served[] {
  return [
    serve(listTasks, async ({ state, repo, limit }) => {
      const tasks = await ports.tasks.list({
        ...(state === undefined ? {} : { states: state }),
        ...(repo === undefined ? {} : { target: ports.repository(repo) }),
        limit,
      });
      return tasks.map(lineOf);
    }),
    serve(showTask, async ({ id }) => detailOf(ports, await find(ports, id))),
    serve(explainTask, async ({ id }) => {
      const task = await find(ports, id);
      const { notes, ...reason } = await explain(ports, task);
      return {
        id: task.id,
        ...reason,
        notes: notes.map(({ at, code, text }) => ({ at: at.toISOString(), code, text })),
      };
    }),
    serve(approveTask, async ({ id }, context) => lineOf(await approve(ports, id, context))),
    serve(rejectTask, async ({ id, reason }, context) =>
      lineOf(await decide(ports, id, { type: 'reject' }, 'rejected', reason, context)),
    ),
    serve(cancelTask, async ({ id, reason }, context) =>
      lineOf(await decide(ports, id, { type: 'cancel' }, 'canceled', reason, context)),
    ),
    serve(retryTask, async ({ id }, context) => {
      const task = await find(ports, id);
      const event: TaskEvent = { type: task.state === 'needs_attention' ? 'resume' : 'retry' };
      return lineOf(await decide(ports, id, event, 'retried', undefined, context));
    }),
    serve(mergeTask, async ({ id }, { actor }) => {
      const task = await find(ports, id);
      await ports.merge(ports.host(task.target.host), task, actor.name);
      await followPullRequests(ports);
      return lineOf(await find(ports, task.id));
    }),
  ];
}

/** Finds a task by its id or by a beginning of it that only one task has. */
export async function find(ports: Pick<TaskPorts, 'tasks'>, id: string): Promise<Task> {
  const exact = await ports.tasks.get(id);
  if (exact !== null) return exact;
  const matches = (await ports.tasks.list({})).filter((task) => task.id.startsWith(id));
  const [only] = matches;
  if (only !== undefined && matches.length === 1) return only;
  throw new AppError({
    kind: 'not_found',
    code: matches.length === 0 ? 'task_unknown' : 'task_ambiguous',
    message:
      matches.length === 0
        ? `There is no task ${id}.`
        : `${matches.length} tasks begin with ${id}.`,
    next: '`claude-manager tasks list` prints the ids.',
    details: { id },
  });
}

async function approve(ports: TaskPorts, id: string, context: CallContext): Promise<Task> {
  const task = await find(ports, id);
  return grantApproval(ports, task, {
    actor: context.actor.name,
    channel: context.door === 'cli' ? 'cli' : 'dashboard',
    eventId: null,
    roles: { manager: 'owner', target: 'owner' },
  });
}

async function decide(
  ports: TaskPorts,
  id: string,
  event: TaskEvent,
  word: string,
  reason: string | undefined,
  context: CallContext,
): Promise<Task> {
  const task = await find(ports, id);
  if (event.type === 'retry' || event.type === 'resume') await requireApproval(ports, task);
  const next = transition(task.state, event);
  if (!next.ok) {
    throw new AppError({
      kind: 'conflict',
      code: 'task_state',
      message: `Task ${task.id}: ${next.why}.`,
      next: `Look at it with \`claude-manager tasks explain ${task.id}\`.`,
      details: { taskId: task.id, state: task.state },
    });
  }
  const note = `${word} by ${context.actor.name}${reason === undefined ? '' : `: ${reason}`}`;
  let moved = task;
  const intents = await ports.tasks.transact(async (transaction) => {
    moved = await ports.tasks.update(transaction, task, {
      state: next.state,
      attention: next.attention,
      note,
    });
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at: ports.clock.now(),
      code: word,
      text: note,
      key: `${word}:${moved.version}`,
    });
    await ports.audit.record(transaction, {
      event: `task.${word}`,
      outcome: 'ok',
      actor: context.actor,
      target: task.id,
      correlationId: context.correlationId,
      facts: { from: task.state, to: next.state },
    });
    if (task.issueNumber === null || (word !== 'rejected' && word !== 'canceled')) return [];
    const number = task.issueNumber;
    const base = {
      repository: ports.settings.managerOf(task.target),
      taskId: task.id,
      attempt: task.attempt,
      ordinal: moved.version,
    };
    return ports.effects.intend(transaction, [
      { ...base, kind: 'comment', payload: { number, body: `${note}.` } },
      {
        ...base,
        kind: 'set_issue_state',
        payload: { number, state: 'closed', reason: 'not_planned' },
      },
    ]);
  });
  await ports.settleQuietly(intents);
  return moved;
}

async function requireApproval(ports: TaskPorts, task: Task): Promise<void> {
  if ((await ports.tasks.approval(task.id)) !== null) return;
  throw new AppError({
    kind: 'forbidden',
    code: 'approval_missing',
    message: `Task ${task.id} has no approval that stands.`,
    next: `Approve it: \`claude-manager tasks approve ${task.id}\`.`,
  });
}

function lineOf(task: Task): TaskLine {
  return {
    id: task.id,
    state: task.state,
    title: task.proposal.title,
    target: task.target.name,
    rank: task.proposal.rank,
    agent: task.agent,
    issue: task.issueNumber,
    pullRequest: task.pullRequest?.url ?? null,
    note: task.note,
    updatedAt: task.updatedAt.toISOString(),
  };
}

export async function detailOf(
  ports: Pick<TaskPorts, 'tasks' | 'runs'>,
  task: Task,
): Promise<TaskDetail> {
  const approvals = await ports.tasks.approvals(task.id);
  const runs = await ports.runs.ofTask(task.id);
  return {
    ...lineOf(task),
    body: task.proposal.body,
    evidence: task.proposal.evidence,
    rankReasons: [...task.proposal.rankReasons],
    baseBranch: task.baseBranch,
    contentHash: task.contentHash,
    approvals: approvals.map(({ actor, channel, contentHash, decidedAt, voidReason }) => ({
      actor,
      channel,
      contentHash,
      decidedAt: decidedAt.toISOString(),
      voidReason,
    })),
    runs: runs.map(runOf),
  };
}

function runOf(run: Run): TaskDetail['runs'][number] {
  const { id, attempt, agent, outcome, reason, summary, costUsd, baseCommit, patch } = run;
  return {
    id,
    attempt,
    agent,
    outcome,
    reason,
    summary,
    costUsd,
    baseCommit,
    patch,
    startedAt: run.startedAt.toISOString(),
    endedAt: run.endedAt?.toISOString() ?? null,
    checks: run.checks.map(({ command, passed }) => ({ command, passed })),
  };
}
