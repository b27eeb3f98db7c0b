import { failureReasons, failureRules } from '../domain/failure.ts';
import type { TaskNote } from '../domain/ports/stores.ts';
import type { Task } from '../domain/task.ts';
import { leftInPullRequest } from './deliver/left-to-person.ts';
import type { DispatchPorts } from './dispatch.ts';
import { holdOf, pauseOf } from './dispatch.ts';
import { workflowIdOf } from './execute/attempt.ts';

/** Why a task stands where it stands, for a person: the reason now, and what was said before, newest first. */
export interface Explanation {
  readonly state: Task['state'];
  readonly code: string;
  readonly text: string;
  readonly next: string;
  readonly notes: readonly TaskNote[];
}

export async function explain(ports: DispatchPorts, task: Task): Promise<Explanation> {
  const notes = await ports.tasks.notes(task.id);
  return { state: task.state, ...(await reason(ports, task, notes)), notes };
}

async function reason(
  ports: DispatchPorts,
  task: Task,
  notes: readonly TaskNote[],
): Promise<Omit<Explanation, 'state' | 'notes'>> {
  const id = task.id;
  const ended = notes.find(({ key }) => key.startsWith('run:'));
  switch (task.state) {
    case 'proposed': {
      if (task.issueNumber === null) {
        return because(
          'waits_for_issue',
          'Its issue is not made yet.',
          `It is made in the next round; \`claude-manager tasks approve ${id}\` need not wait for it.`,
        );
      }
      const refusal = notes.find(({ code }) => code.startsWith('approval_'));
      return refusal === undefined
        ? because(
            'waits_for_approval',
            'Nobody has approved it yet.',
            `Set the approval label on the issue, or run \`claude-manager tasks approve ${id}\`.`,
          )
        : because(
            refusal.code,
            refusal.text,
            `A permitted person sets the label again, or runs \`claude-manager tasks approve ${id}\`.`,
          );
    }
    case 'approved': {
      const held = await holdOf(ports, task);
      return held === null
        ? await aboutToStart(ports, task)
        : because(held.code, held.text, 'It goes on by itself when this ends.');
    }
    case 'running': {
      const pause = await pauseOf(ports, task.target);
      if (pause !== null) {
        return because(
          pause.code,
          `${pause.text} Attempt ${task.attempt} ends its work and delivers it afterwards.`,
          '`claude-manager resume` lifts the pause.',
        );
      }
      return because('running', `Attempt ${task.attempt} is at work.`, 'Nothing.');
    }
    case 'in_review':
      return review(task, leftInPullRequest(notes, task));
    case 'needs_attention':
      return because(
        task.attention ?? 'needs_attention',
        task.note ?? 'It needs a person.',
        `Decide: \`claude-manager tasks requeue|reject|cancel ${id}\`.`,
      );
    case 'failed':
      return because(
        ended?.code ?? 'failed',
        task.note ?? 'It failed.',
        `${nextOf(ended)}\`claude-manager tasks requeue ${id}\` tries again.`,
      );
    case 'done':
    case 'no_change':
    case 'rejected':
    case 'expired':
    case 'resolved':
    case 'canceled':
      return because(
        task.state,
        task.note ?? `It is ${task.state.replaceAll('_', ' ')}.`,
        'Nothing.',
      );
  }
}

function review(
  { id, pullRequest, target }: Task,
  left: readonly string[],
): ReturnType<typeof because> {
  const url = pullRequest?.url ?? 'the pull request';
  if (left.length === 0)
    return because('waits_for_review', `A person reviews ${url}.`, 'Review and merge it.');
  return because(
    'waits_for_human_review',
    `The policy leaves a part of ${url} to a person, who must look at exactly this before it is merged: ${left.join('; ')}.`,
    target.host === 'local'
      ? `Look at it, then run \`claude-manager tasks merge ${id} --looked\`.`
      : 'Look at exactly this, then review and merge it.',
  );
}

/** Nothing holds it back: who has its start, if anybody. */
async function aboutToStart(
  ports: DispatchPorts,
  { id, attempt, version }: Task,
): Promise<ReturnType<typeof because>> {
  const next = { taskId: id, attempt: attempt + 1, version };
  const claim = await ports.obstacles.claimOf(workflowIdOf(next));
  if (claim?.state === 'taken')
    return because(
      'lease_held',
      `The executor ${claim.executor ?? 'of a service'} has taken attempt ${next.attempt} and is about to begin.`,
      'Nothing; when that executor dies, another one takes it over.',
    );
  if (claim?.state === 'queued')
    return because(
      'queued',
      `Attempt ${next.attempt} is in the queue; it starts when a worker is free.`,
      'Nothing; executor.maxConcurrent says how many work at a time.',
    );
  return because(
    'waits_for_worker',
    'It is approved and starts when a worker is free.',
    'Nothing; see that a service is running.',
  );
}

/** The advice of the reason, where the last run had one. */
function nextOf(ended: TaskNote | undefined): string {
  const reason = failureReasons.find((one) => ended?.code === `failed_${one}`);
  return reason === undefined ? '' : `${failureRules[reason].next} `;
}

function because(code: string, text: string, next: string): Omit<Explanation, 'state' | 'notes'> {
  return { code, text, next };
}
