import type { HostIssue } from '../../domain/ports/code-host.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { repositoryKey } from '../../domain/repository.ts';
import type { Task, TaskEvent } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import { forEachApart } from '../settle.ts';
import type { Followed } from './follow.ts';

type Ports = Pick<
  PipelinePorts,
  'host' | 'tasks' | 'audit' | 'settings' | 'clock' | 'correlationId'
>;

/**
 * Looks which issues of waiting tasks a person closed or deleted: closing as not planned and deleting are a no,
 * closing as completed ends the wait without one. We close an issue only after its task has moved, so it was not us.
 */
export async function followProposals(ports: Ports, manager: RepositoryRef): Promise<Followed> {
  const host = ports.host(manager.host);
  const labels = [ports.settings.labels().proposal];
  const open = new Set(
    (await host.issues(manager, { state: 'open', labels })).map(({ number }) => number),
  );
  const waiting = await ports.tasks.list({
    states: ['proposed', 'approved', 'needs_attention', 'failed'],
  });
  const moved: Task[] = [];
  const failed = await forEachApart(
    waiting.filter((task) => isHere(ports, manager, task) && !open.has(task.issueNumber ?? 0)),
    ({ issueNumber }) => `${manager.name}#${issueNumber}`,
    async (task) => {
      const issue = await host.issue(manager, task.issueNumber ?? 0);
      if (issue?.state !== 'open') moved.push(await decide(ports, task, issue));
    },
  );
  return { moved, failed };
}

function isHere(ports: Ports, manager: RepositoryRef, task: Task): boolean {
  if (task.issueNumber === null) return false;
  return repositoryKey(ports.settings.managerOf(task.target)) === repositoryKey(manager);
}

async function decide(ports: Ports, task: Task, issue: HostIssue | null): Promise<Task> {
  const event = eventOf(task, issue);
  const next = transition(task.state, event);
  if (!next.ok) return task;
  const how =
    issue === null
      ? 'deleted or moved to another repository'
      : `closed as ${issue.stateReason ?? 'completed'}`;
  const text = `Its issue was ${how.replaceAll('_', ' ')} by a person.`;
  return ports.tasks.transact(async (transaction) => {
    await ports.tasks.voidApproval(transaction, task.id, ports.clock.now(), 'issue_closed');
    await ports.audit.record(transaction, {
      event: 'proposal.moved',
      outcome: 'ok',
      actor: pipelineActor,
      target: task.id,
      correlationId: ports.correlationId(),
      facts: { from: task.state, to: next.state, stateReason: issue?.stateReason ?? null },
    });
    return ports.tasks.update(transaction, task, {
      state: next.state,
      attention: next.attention,
      note: text,
    });
  });
}

function eventOf(task: Task, issue: HostIssue | null): TaskEvent {
  if (issue === null || ['not_planned', 'duplicate'].includes(issue.stateReason ?? '')) {
    return { type: 'reject' };
  }
  if (task.state === 'proposed') return { type: 'expire' };
  return task.state === 'failed' ? { type: 'reject' } : { type: 'cancel' };
}
