import type { Finding } from '../../domain/finding.ts';
import type { Task } from '../../domain/task.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import { settleAll } from '../settle.ts';
import { publishedBody, quotes } from './proposal-text.ts';
import { freshProposal, hashOf } from './propose.ts';

type Ports = Pick<
  PipelinePorts,
  | 'host'
  | 'tasks'
  | 'effects'
  | 'audit'
  | 'settings'
  | 'secrets'
  | 'correlationId'
  | 'log'
  | 'clock'
>;

/** Whether the comment in the code now says something else than the task does; moved or repeated elsewhere is the same. */
export function saysOther(task: Task, finding: Finding): boolean {
  return (
    task.origin.kind === 'finding' &&
    task.origin.fingerprint !== finding.fingerprint &&
    !quotes(task.proposal, finding)
  );
}

/** Writes the proposal anew from the comment as it stands now, in the task and in its issue. */
export async function refreshProposal(ports: Ports, task: Task, finding: Finding): Promise<Task> {
  if (task.origin.kind !== 'finding') return task;
  const origin = { ...task.origin, fingerprint: finding.fingerprint };
  const proposal = await freshProposal(ports, finding);
  const published = publishedBody(proposal, ports.settings.labels().approved);
  let moved = task;
  const intents = await ports.tasks.transact(async (transaction) => {
    moved = await ports.tasks.update(transaction, task, {
      origin,
      proposal,
      publishedTitle: proposal.title,
      publishedBody: published,
      contentHash: hashOf(ports, { ...task, proposal }),
    });
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at: ports.clock.now(),
      code: 'rewritten',
      text: 'The comment in the code says something else by now, and the proposal with it.',
      key: `rewritten:${moved.version}`,
    });
    await ports.audit.record(transaction, {
      event: 'proposal.edited',
      outcome: 'ok',
      actor: pipelineActor,
      target: task.id,
      correlationId: ports.correlationId(),
      before: task.contentHash,
      after: moved.contentHash,
      facts: { before: task.contentHash, after: moved.contentHash, finding: finding.id },
    });
    if (task.issueNumber === null) return [];
    const payload = { number: task.issueNumber, title: proposal.title, body: published };
    return ports.effects.intend(transaction, [
      {
        kind: 'update_issue',
        repository: ports.settings.managerOf(task.target),
        taskId: task.id,
        attempt: task.attempt,
        ordinal: moved.version,
        payload,
      },
    ]);
  });
  await settleAll(ports, intents);
  return moved;
}
