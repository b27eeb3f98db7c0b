import type { EffectRequest } from '../../domain/effect.ts';
import type { HostPullRequest } from '../../domain/ports/code-host.ts';
import { repositoryKey } from '../../domain/repository.ts';
import type { PullRequestRef, Task, TaskEvent, TaskState } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import type { DeliverPorts } from '../deliver/deliver.ts';
import { reviewLabel } from '../execute/attempt.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import type { Failure } from '../settle.ts';
import { forEachApart, settleAll } from '../settle.ts';

/**
 * Looks at the pull request of every task that has one and moves those that were merged or closed; `stillOpen` is asked
 * about the others and answers whether it began anything.
 */
export async function followPullRequests(
  ports: DeliverPorts,
  stillOpen: (task: Task, seen: HostPullRequest) => Promise<boolean> = async () => false,
): Promise<Followed> {
  const moved: Task[] = [];
  const states: readonly TaskState[] = ['in_review', 'needs_attention'];
  const tasks = await ports.tasks.list({ states, delivered: true });
  const failed = await forEachApart(
    tasks,
    ({ id, target }) => `${repositoryKey(target)} task ${id}`,
    async (task) => {
      if (task.pullRequest === null) return;
      const { repository, number } = task.pullRequest;
      const seen = await ports.host(repository.host).pullRequest(repository, number);
      if (seen?.state === 'open') {
        if (await stillOpen(task, seen)) moved.push(task);
        return;
      }
      const event = eventOf(seen);
      if (event === null || !transition(task.state, event).ok) return;
      moved.push(await move(ports, task, task.pullRequest, seen, event));
    },
  );
  return { moved, failed };
}

export interface Followed {
  readonly moved: readonly Task[];
  readonly failed: readonly Failure[];
}

function eventOf(seen: HostPullRequest | null): TaskEvent | null {
  if (seen === null || seen.state === 'closed') return { type: 'closed_unmerged' };
  return seen.state === 'merged' ? { type: 'merged' } : null;
}

async function move(
  ports: DeliverPorts,
  task: Task,
  pullRequest: PullRequestRef,
  seen: HostPullRequest | null,
  event: TaskEvent,
): Promise<Task> {
  const next = transition(task.state, event);
  if (!next.ok) return task;
  const text =
    event.type === 'merged'
      ? `Merged as ${seen?.mergeCommit ?? 'a commit'}: ${pullRequest.url}`
      : `The pull request ${pullRequest.url} was closed without a merge. Retry, reject or cancel the task.`;
  let moved = task;
  const intents = await ports.tasks.transact(async (transaction) => {
    moved = await ports.tasks.update(transaction, task, {
      state: next.state,
      attention: next.attention,
      note: text,
    });
    await ports.audit.record(transaction, {
      event: event.type === 'merged' ? 'pr.merged' : 'pr.closed',
      outcome: 'ok',
      actor: pipelineActor,
      target: task.id,
      correlationId: ports.correlationId(),
      facts: { url: pullRequest.url, commit: seen?.mergeCommit ?? null },
    });
    return ports.effects.intend(transaction, effectsFor(ports, moved, event, text));
  });
  await settleAll(ports, intents);
  return moved;
}

function effectsFor(
  ports: DeliverPorts,
  task: Task,
  event: TaskEvent,
  text: string,
): readonly EffectRequest[] {
  if (task.issueNumber === null) return [];
  const number = task.issueNumber;
  const base = {
    repository: ports.settings.managerOf(task.target),
    taskId: task.id,
    attempt: task.attempt,
    ordinal: task.version,
  };
  const told: EffectRequest[] = [
    { ...base, kind: 'comment', payload: { number, body: text } },
    { ...base, kind: 'remove_label', payload: { number, label: reviewLabel } },
  ];
  if (event.type !== 'merged') return told;
  return [
    ...told,
    { ...base, kind: 'set_issue_state', payload: { number, state: 'closed', reason: 'completed' } },
  ];
}
