import type { Actor } from '../../domain/actor.ts';
import type { Task } from '../../domain/task.ts';
import { AppError } from '../../lib/app-error.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { settleAll } from '../settle.ts';
import { publishedBody } from './proposal-text.ts';
import { hashOf } from './propose.ts';

type Ports = Pick<
  PipelinePorts,
  'tasks' | 'effects' | 'settings' | 'secrets' | 'audit' | 'clock' | 'correlationId' | 'log'
>;

/**
 * Changes the words of a proposal that waits, in the task and in its issue. Approvals that were given already (of two
 * people, by one) were for other words and are void. AppError `conflict` when it is no proposal any more.
 */
export async function editProposal(
  ports: Ports,
  task: Task,
  words: { readonly title?: string; readonly body?: string },
  actor: Actor,
): Promise<Task> {
  if (task.state !== 'proposed') throw tooLate(task);
  const redact = (text: string): string => ports.secrets.redact(text);
  const proposal = {
    ...task.proposal,
    title: redact(words.title ?? task.proposal.title),
    body: redact(words.body ?? task.proposal.body),
  };
  // Our own line is how we know our issues; nobody else may write one.
  if (proposal.body.includes('<!-- cms:')) throw ourMarker();
  const published =
    task.origin.kind === 'issue'
      ? proposal.body
      : publishedBody(proposal, ports.settings.labels().approved);
  const at = ports.clock.now();
  let moved = task;
  const intents = await ports.tasks.transact(async (transaction) => {
    await ports.tasks.voidApproval(transaction, task.id, at, 'approval_void_content');
    moved = await ports.tasks.update(transaction, task, {
      proposal,
      publishedTitle: proposal.title,
      publishedBody: published,
      contentHash: hashOf(ports, { ...task, proposal }),
      note: `edited by ${actor.name}`,
    });
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at,
      code: 'edited',
      text: `Edited by ${actor.name}.`,
      key: `edited:${moved.version}`,
      actor,
    });
    await ports.audit.record(transaction, {
      event: 'proposal.edited',
      outcome: 'ok',
      actor,
      target: task.id,
      correlationId: ports.correlationId(),
      before: task.contentHash,
      after: moved.contentHash,
      facts: { before: task.contentHash, after: moved.contentHash },
    });
    if (task.issueNumber === null) return [];
    return ports.effects.intend(transaction, [
      {
        kind: 'update_issue',
        repository: ports.settings.managerOf(task.target),
        taskId: task.id,
        attempt: task.attempt,
        ordinal: moved.version,
        payload: { number: task.issueNumber, title: proposal.title, body: published },
      },
    ]);
  });
  await settleAll(ports, intents);
  return moved;
}

function tooLate(task: Task): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'task_state',
    message: `Task ${task.id} is ${task.state.replaceAll('_', ' ')}; only a proposal that waits can be edited.`,
    next: 'Take its approval back first, or reject it and ask for other work.',
    details: { taskId: task.id, state: task.state },
  });
}

function ourMarker(): AppError {
  const message =
    'body: a line that begins with "<!-- cms:" is ours and cannot be written by hand.';
  return new AppError({
    kind: 'invalid_input',
    code: 'marker_forbidden',
    message,
    next: 'Leave that line out; nothing was changed.',
    details: { issues: [{ field: 'body', message }] },
  });
}
