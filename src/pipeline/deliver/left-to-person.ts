import type { EffectRequest } from '../../domain/effect.ts';
import type { Transaction } from '../../domain/ports/effects.ts';
import type { TaskNote } from '../../domain/ports/stores.ts';
import type { Run } from '../../domain/run.ts';
import type { PullRequestRef, Task } from '../../domain/task.ts';
import type { WorkResult } from '../execute/attempt.ts';
import { type PipelinePorts, pipelineActor } from '../pipeline-ports.ts';
import { leftList } from './report.ts';

/** On a pull request with a change that the policy leaves to a person; a person takes it off. */
const humanReviewLabel = 'needs-human-review';

/** Tells these writes from the other ones of an attempt, which are few or numbered by versions of their task. */
const ordinal = 1_000_000_001;

/** How the note begins, so that it can be read among others. */
const noted = 'Left to a person: ';

type Left = NonNullable<WorkResult['leftToPerson']>;

/**
 * Writes down, with the change of state that delivers it, what the policy leaves to a person: a note on the task and an
 * entry in the audit log. Answers the writes that say so on the pull request. GitHub lets nobody ask for changes in a
 * review of their own pull request (422), so a comment does.
 */
export async function leaveToPerson(
  ports: Pick<PipelinePorts, 'tasks' | 'audit' | 'clock'>,
  transaction: Transaction,
  { task, run, pullRequest }: { task: Task; run: Run; pullRequest: PullRequestRef },
  left: Left,
): Promise<readonly EffectRequest[]> {
  if (left.length === 0) return [];
  const texts = left.map(({ text }) => text);
  await noteLeft(ports, transaction, { task, pullRequest, attempt: run.attempt }, texts);
  await ports.audit.record(transaction, {
    event: 'change.left_to_person',
    outcome: 'ok',
    actor: pipelineActor,
    target: task.id,
    correlationId: run.correlationId,
    facts: { run: run.id, url: pullRequest.url, codes: [...new Set(left.map(({ code }) => code))] },
  });
  const base = { repository: task.target, taskId: task.id, attempt: run.attempt, ordinal };
  const { number } = pullRequest;
  return [
    { ...base, kind: 'add_label', payload: { number, labels: [humanReviewLabel] } },
    { ...base, kind: 'comment', payload: { number, body: request(left) } },
  ];
}

/** On the task, where `explain`, its page and a merge find it. */
export async function noteLeft(
  ports: Pick<PipelinePorts, 'tasks' | 'clock'>,
  transaction: Transaction,
  place: {
    readonly task: Pick<Task, 'id'>;
    readonly pullRequest: PullRequestRef;
    readonly attempt: number;
  },
  texts: readonly string[],
): Promise<void> {
  await ports.tasks.addNote(transaction, {
    taskId: place.task.id,
    at: ports.clock.now(),
    code: 'left_to_person',
    text: `${noted}${texts.join('; ')}`,
    key: `${keyOf(place.pullRequest)}${place.attempt}`,
  });
}

function request(left: Left): string {
  return [
    'Changes are requested until a person has looked at these, which the policy of this repository leaves to a person:',
    '',
    ...leftList(left),
    '',
    'Nobody may review a pull request of their own, so this is a comment. The service neither marks the pull request as ready nor merges it.',
  ].join('\n');
}

/** What in the task's pull request is left to a person, oldest first; empty when nothing is. */
export function leftInPullRequest(
  notes: readonly TaskNote[],
  { pullRequest }: Pick<Task, 'pullRequest'>,
): readonly string[] {
  if (pullRequest === null) return [];
  return notes
    .filter(({ key }) => key.startsWith(keyOf(pullRequest)))
    .toSorted((one, other) => one.at.getTime() - other.at.getTime())
    .map(({ text }) => text.slice(noted.length));
}

function keyOf({ branch }: PullRequestRef): string {
  return `left-to-person:${branch}:`;
}
