import type { Actor, Authentication } from '../../domain/actor.ts';
import type { CodeHost } from '../../domain/ports/code-host.ts';
import type { SuppressionStore } from '../../domain/ports/page-queries.ts';
import { repositoryKey } from '../../domain/repository.ts';
import type { Task, TaskEvent } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import { AppError } from '../../lib/app-error.ts';
import { idOf } from '../../lib/hash.ts';
import type { ApprovalPorts } from '../../pipeline/approve/approval-ports.ts';
import { grantApproval, requireLiveWords } from '../../pipeline/approve/record-approval.ts';
import { leftInPullRequest } from '../../pipeline/deliver/left-to-person.ts';
import type { DispatchPorts } from '../../pipeline/dispatch.ts';
import { followPullRequests } from '../../pipeline/follow/follow.ts';
import type { PipelinePorts } from '../../pipeline/pipeline-ports.ts';
import { hashOf } from '../../pipeline/propose/propose.ts';
import { settleAll } from '../../pipeline/settle.ts';
import type { CallContext, Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { requireReach } from '../repository-rights.ts';
import type { TaskLine } from './contract.ts';
import { approveTask, cancelTask, mergeTask, rejectTask, retryTask } from './contract.ts';
import type { ReadingPorts } from './reading-handlers.ts';
import { channelOf, taskReadingHandlers } from './reading-handlers.ts';
import { find, lineNow } from './task-lines.ts';

export type TaskPorts = ApprovalPorts &
  Pick<PipelinePorts, 'runs'> &
  DispatchPorts &
  ReadingPorts & {
    readonly suppressions: Pick<SuppressionStore, 'add'>;
    /** Merges on hosts that let us (the local one). */
    readonly merge: (host: CodeHost, task: Task, actor: string) => Promise<void>;
  };

/** What happens when somebody asks for a task operation. */
export function taskHandlers(ports: TaskPorts): readonly Served[] {
  const line = async (task: Task): Promise<TaskLine> => lineNow(ports, task.id);
  return [
    ...taskReadingHandlers(ports),
    serve(approveTask, async (input, context) => line(await approve(ports, input, context))),
    serve(rejectTask, async ({ id, reason, neverAgain }, context) => {
      const rejected = await decide(ports, id, { type: 'reject' }, 'rejected', reason, context);
      if (neverAgain !== undefined) await suppress(ports, rejected, reason, context);
      return line(rejected);
    }),
    serve(cancelTask, async ({ id, reason }, context) =>
      line(await decide(ports, id, { type: 'cancel' }, 'canceled', reason, context)),
    ),
    serve(retryTask, async ({ id }, context) => {
      const task = await find(ports, id);
      const event: TaskEvent = { type: task.state === 'needs_attention' ? 'resume' : 'retry' };
      return line(await decide(ports, id, event, 'retried', undefined, context));
    }),
    serve(mergeTask, async ({ id, looked }, { actor }) => {
      const task = await find(ports, id);
      requireReach(actor, 'tasks:approve', task.target.name);
      if (!looked && task.target.host === 'local') await requireNothingLeft(ports, task);
      await ports.merge(ports.host(task.target.host), task, actor.name);
      await followPullRequests(ports);
      return line(await find(ports, task.id));
    }),
  ];
}

/** Whoever merges says that they have looked at what the policy leaves to a person, where it leaves anything. */
async function requireNothingLeft(ports: TaskPorts, task: Task): Promise<void> {
  const left = leftInPullRequest(await ports.tasks.notes(task.id), task);
  if (left.length === 0) return;
  throw new AppError({
    kind: 'conflict',
    code: 'left_to_person',
    message: `The policy of ${task.target.name} leaves a part of this change to a person: ${left.join('; ')}.`,
    next: `Look at exactly this in the branch ${task.pullRequest?.branch ?? ''}, then \`claude-manager tasks merge ${task.id} --looked\`.`,
    details: { taskId: task.id, left },
  });
}

async function approve(
  ports: TaskPorts,
  { id, contentHash }: { readonly id: string; readonly contentHash?: string | undefined },
  { actor, door }: CallContext,
): Promise<Task> {
  const task = await find(ports, id);
  requireReach(actor, 'tasks:approve', task.target.name);
  if (contentHash !== undefined && contentHash !== hashOf(ports, task)) throw otherWords(task);
  const state = transition(task.state, { type: 'approve' });
  if (state.ok) await requireLiveWords(ports, task);
  return grantApproval(ports, task, {
    // A token acts for its owner, who must not count twice.
    actor: actor.kind === 'token' ? (actor.owner ?? actor.name) : actor.name,
    channel: channelOf(door),
    eventId: null,
    roles: { manager: 'owner', target: 'owner' },
    authentication: authenticationOf(actor),
  });
}

function authenticationOf(actor: Actor): Authentication | undefined {
  if (actor.kind === 'token') return 'token';
  return 'authentication' in actor ? actor.authentication : undefined;
}

/** Never again for this kind here: remembered until somebody lifts it. */
async function suppress(
  ports: TaskPorts,
  task: Task,
  reason: string | undefined,
  { actor, correlationId }: CallContext,
): Promise<void> {
  const rule = task.origin.kind === 'finding' ? task.origin.rule : null;
  if (rule === null) return;
  await ports.suppressions.add({
    id: idOf('suppression', repositoryKey(task.target), rule),
    rule,
    target: task.target,
    by: actor.name,
    reason: reason ?? null,
    taskId: task.id,
    at: ports.clock.now(),
  });
  await ports.audit.record(null, {
    event: 'suppression.made',
    outcome: 'ok',
    actor,
    target: task.id,
    correlationId,
    facts: { rule, repository: task.target.name },
  });
}

function otherWords(task: Task): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'approval_void_content',
    message: `Task ${task.id} was changed since you read it.`,
    next: 'Read it again, then approve what it says now.',
    details: { taskId: task.id },
  });
}

/** Moves a task by a person's word, says so on its issue, in its notes and in the audit log. */
export async function decide(
  ports: TaskPorts,
  id: string,
  event: TaskEvent,
  word: string,
  reason: string | undefined,
  context: CallContext,
): Promise<Task> {
  const task = await find(ports, id);
  requireReach(
    context.actor,
    event.type === 'reject' ? 'tasks:approve' : 'tasks:write',
    task.target.name,
  );
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
      actor: context.actor,
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
  await settleAll(ports, intents);
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
