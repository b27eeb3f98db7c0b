import { mayApprove } from '../../domain/approval.ts';
import type { HostIssue } from '../../domain/ports/code-host.ts';
import { isSameRepository, type RepositoryRef } from '../../domain/repository.ts';
import type { Task, TaskEvent, TaskState } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import { toAppError } from '../../lib/app-error.ts';
import type { ApprovalPorts } from '../approve/approval-ports.ts';
import { lookalikeOn, refuseLookalike } from '../approve/refuse-lookalike.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import { forEachApart, settleAll } from '../settle.ts';
import type { Followed } from './follow.ts';

const states: readonly TaskState[] = ['proposed', 'approved', 'needs_attention', 'failed'];

/**
 * Looks which issues of waiting tasks a person closed or deleted: closing as not planned and deleting are a no,
 * closing as completed ends the wait without one. We close an issue only after its task has moved, so it was not us.
 */
export async function followProposals(
  ports: ApprovalPorts,
  manager: RepositoryRef,
): Promise<Followed> {
  const host = ports.host(manager.host);
  const labels = [ports.settings.labels().proposal];
  const issues = await host.issues(manager, { state: 'open', labels });
  const standing = new Map(issues.map((issue) => [issue.number, issue]));
  const waiting = await ports.tasks.published({ states, manager });
  const moved: Task[] = [];
  const failed = await forEachApart(
    waiting.filter((task) => isHere(ports, manager, task)),
    ({ issueNumber }) => `${manager.name}#${issueNumber}`,
    async ({ id, issueNumber }) => {
      const listed = standing.get(issueNumber);
      if (listed !== undefined && !listed.locked && lookalikeOn(ports, listed) === undefined)
        return;
      const task = await ports.tasks.get(id);
      if (task === null || !states.includes(task.state)) return;
      if (listed !== undefined) {
        if (listed.locked) await noteLock(ports, task);
        await refuseLookalike(ports, task, listed);
        return;
      }
      const issue = await host.issue(manager, issueNumber);
      if (issue?.state === 'open') return;
      const place = issue === null ? await host.issuePlace(manager, issueNumber) : null;
      if (place?.kind === 'here') return;
      moved.push(
        place?.kind === 'moved'
          ? await transferred(ports, task, place.to)
          : await decide(ports, task, issue),
      );
    },
  );
  return { moved, failed };
}

function isHere(
  ports: ApprovalPorts,
  manager: RepositoryRef,
  { target }: Pick<Task, 'target'>,
): boolean {
  return isSameRepository(ports.settings.findManager(target), manager);
}

async function decide(ports: ApprovalPorts, task: Task, issue: HostIssue | null): Promise<Task> {
  const event = eventOf(task, issue);
  const next = transition(task.state, event);
  if (!next.ok) return task;
  const how = issue === null ? 'deleted' : `closed as ${issue.stateReason ?? 'completed'}`;
  const text = `Its issue was ${how.replaceAll('_', ' ')} by a person.`;
  if (issue === null) await ports.effects.noteRemoved({ taskId: task.id, kind: 'create_issue' });
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

/**
 * In its new place it is another issue, which nobody approved: the approval ends, and a person decides. That it was moved
 * is no no. Why is said in the new place where we may write, and on the task alone everywhere else.
 */
async function transferred(ports: ApprovalPorts, task: Task, to: string | null): Promise<Task> {
  const next = transition(task.state, { type: 'need_attention', reason: 'issue_transferred' });
  if (!next.ok || task.attention === 'issue_transferred') return task;
  const manager = ports.settings.managerOf(task.target);
  const place = await writableIssue(ports, manager, to);
  const where = to === null ? 'a repository that the service may not see' : to;
  const said =
    place === null
      ? 'It could not be said there, since the service may not write in that place.'
      : 'A comment there says so.';
  const text = `Its issue was transferred to ${where}, where it is another issue: an approval there does not count here. ${said} Cancel the task, or reject it for good; an issue with the label in ${manager.name} starts the work anew.`;
  let moved = task;
  const intents = await ports.tasks.transact(async (transaction) => {
    const at = ports.clock.now();
    await ports.tasks.voidApproval(transaction, task.id, at, 'issue_transferred');
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at,
      code: 'issue_transferred',
      text,
      key: `transferred:${to ?? ''}`,
    });
    await ports.audit.record(transaction, {
      event: 'proposal.moved',
      outcome: 'ok',
      actor: pipelineActor,
      target: task.id,
      correlationId: ports.correlationId(),
      facts: { from: task.state, to: next.state, issue: to },
    });
    moved = await ports.tasks.update(transaction, task, {
      state: next.state,
      attention: next.attention,
      note: text,
    });
    if (place === null) return [];
    return ports.effects.intend(transaction, [
      {
        kind: 'comment',
        repository: place.repository,
        taskId: task.id,
        attempt: task.attempt,
        ordinal: moved.version,
        payload: { number: place.number, body: movedHere },
      },
    ]);
  });
  await settleAll(ports, intents);
  return moved;
}

/** Names no repository: not everybody who reads this one may know of the other. */
const movedHere =
  'This issue was moved here from where its work was approved. Here it is another issue, so that approval does not hold any more, and nothing is done for it. Whoever wants the work opens an issue where it was proposed and sets the label there.';

/** An open issue of a configured repository, in which we have write; null for any other place. */
async function writableIssue(
  ports: Pick<ApprovalPorts, 'host' | 'settings'>,
  { host: name }: RepositoryRef,
  to: string | null,
): Promise<{ readonly repository: RepositoryRef; readonly number: number } | null> {
  const [, repositoryName, digits] = /^([^#]+)#(\d+)$/u.exec(to ?? '') ?? [];
  if (repositoryName === undefined) return null;
  const repository = { host: name, name: repositoryName };
  if (ports.settings.findManager(repository) === null) return null;
  const number = Number(digits);
  const host = ports.host(name);
  try {
    const [issue, role] = await Promise.all([
      host.issue(repository, number),
      host.self().then((self) => host.roleOf(repository, self)),
    ]);
    const isOurs = issue?.state === 'open' && !issue.locked && mayApprove(role);
    return isOurs ? { repository, number } : null;
  } catch (thrown) {
    const { kind } = toAppError(thrown);
    if (kind === 'not_found' || kind === 'forbidden') return null;
    throw thrown;
  }
}

/** Said once; a lock takes nothing away from an approval, but people without write cannot answer there. */
async function noteLock(ports: ApprovalPorts, task: Task): Promise<void> {
  await ports.tasks.transact((transaction) =>
    ports.tasks.addNote(transaction, {
      taskId: task.id,
      at: ports.clock.now(),
      code: 'issue_locked',
      text: 'The conversation on its issue is locked. Its label still decides; what may not be said there stands here.',
      key: `locked:${task.issueNumber}`,
    }),
  );
}

function eventOf(task: Task, issue: HostIssue | null): TaskEvent {
  if (issue === null || ['not_planned', 'duplicate'].includes(issue.stateReason ?? '')) {
    return { type: 'reject' };
  }
  if (task.state === 'proposed') return { type: 'expire' };
  return task.state === 'failed' ? { type: 'reject' } : { type: 'cancel' };
}
