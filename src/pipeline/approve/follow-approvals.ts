import type { Actor } from '../../domain/actor.ts';
import { isSameRepository, type RepositoryRef } from '../../domain/repository.ts';
import type { Task } from '../../domain/task.ts';
import type { Failure } from '../settle.ts';
import { forEachApart } from '../settle.ts';
import type { ApprovalPorts } from './approval-ports.ts';
import { compareLabel } from './label-fold.ts';
import { isExpired } from './standing.ts';
import { voidApproval } from './verify-approval.ts';

/**
 * Takes back what no longer holds before the work starts or leaves: approvals that are too old, and those whose label a
 * person took off again. `labeled` are the numbers of the open issues that carry the label now; a missing one is looked
 * up, so that a list that lags takes nothing back.
 */
export async function followApprovals(
  ports: ApprovalPorts,
  manager: RepositoryRef,
  labeled: ReadonlySet<number>,
): Promise<{ readonly moved: readonly Task[]; readonly failed: readonly Failure[] }> {
  const tasks = await ports.tasks.list({
    states: ['proposed', 'approved', 'running'],
    manager,
    approved: true,
  });
  const here = tasks.filter(({ target }) =>
    isSameRepository(ports.settings.findManager(target), manager),
  );
  const moved: Task[] = [];
  const failed = await forEachApart(
    here,
    ({ id }) => `${manager.name} ${id}`,
    async (task) => {
      const after = (await expire(ports, task)) ?? (await takeBack(ports, manager, task, labeled));
      if (after !== null) moved.push(after);
    },
  );
  return { moved, failed };
}

async function expire(ports: ApprovalPorts, task: Task): Promise<Task | null> {
  const policy = ports.settings.policyOf(task.target).approval;
  // What has begun was begun in time.
  if (policy.expiresDays === null || task.state === 'running') return null;
  const standing = (await ports.tasks.approvals(task.id)).filter(
    ({ voidedAt }) => voidedAt === null,
  );
  const old = standing.find((approval) => isExpired(approval, policy, ports.clock.now()));
  if (old === undefined) return null;
  return withdraw(ports, task, {
    code: 'approval_expired',
    text: `It was given by @${old.actor} on ${old.decidedAt.toISOString().slice(0, 10)} and holds for ${policy.expiresDays} days.`,
  });
}

async function takeBack(
  ports: ApprovalPorts,
  manager: RepositoryRef,
  task: Task,
  labeled: ReadonlySet<number>,
): Promise<Task | null> {
  if (task.state === 'proposed' || task.issueNumber === null || labeled.has(task.issueNumber)) {
    return null;
  }
  const approval = await ports.tasks.approval(task.id);
  if (approval?.channel !== 'label') return null;
  const wanted = ports.settings.labels().approved;
  const { events } = await ports.host(manager.host).issueEvents(manager, task.issueNumber);
  const last = events.findLast(
    ({ type, label }) =>
      (type === 'labeled' || type === 'unlabeled') && compareLabel(label ?? '', wanted) === 'same',
  );
  if (last?.type !== 'unlabeled') return null;
  return withdraw(
    ports,
    task,
    { code: 'approval_withdrawn', text: `@${last.actor} took the label off.` },
    { kind: 'host_user', name: last.actor, host: manager.host },
  );
}

/**
 * Takes every standing approval of a task back and says why on its issue. Waiting work waits again, work that runs asks
 * a person, and what was not yet approved by enough people stays proposed.
 */
export async function withdraw(
  ports: ApprovalPorts,
  task: Task,
  why: { readonly code: string; readonly text: string },
  actor?: Actor,
): Promise<Task> {
  return voidApproval(ports, task, { stands: false, ...why }, actor);
}
