import type { Actor } from '../../domain/actor.ts';
import type { Approval } from '../../domain/approval.ts';
import { mayApprove } from '../../domain/approval.ts';
import type { Task } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import { hashOf } from '../propose/propose.ts';
import { settleAll } from '../settle.ts';
import type { ApprovalPorts } from './approval-ports.ts';
import { isAsPublished } from './judge-approval.ts';
import { compareLabel } from './label-fold.ts';
import { isExpired, standingApprovals, tally } from './standing.ts';

export type Standing =
  | { readonly stands: true; readonly approval: Approval }
  | { readonly stands: false; readonly code: string; readonly text: string };

/** Whether the approval still holds, everything read again at this moment: words, hash, roles, the issue's state. */
export async function verifyApproval(ports: ApprovalPorts, task: Task): Promise<Standing> {
  const approval = await ports.tasks.approval(task.id);
  if (approval === null) return fallen('approval_missing', 'There is no approval that stands.');
  const policy = ports.settings.policyOf(task.target).approval;
  const hash = hashOf(ports, task);
  if (hash !== approval.contentHash) {
    return fallen(
      'approval_void_policy',
      'What was approved (words, target, branch, agent or policy) is not what would be done now.',
    );
  }
  const now = ports.clock.now();
  if (isExpired(approval, policy, now)) {
    return fallen(
      'approval_expired',
      `It was given on ${approval.decidedAt.toISOString().slice(0, 10)} and holds for ${policy.expiresDays} days.`,
    );
  }
  const counted = await standingApprovals(ports.tasks, task.id, hash, policy, now);
  if (counted.length < policy.approvers) {
    return fallen('approval_incomplete', tally(counted, policy.approvers));
  }
  const found = await Promise.all([
    issueStands(ports, task, approval),
    ...counted.map(async (one) => await stillPermitted(ports, task, one)),
  ]);
  return found.find(({ stands }) => !stands) ?? { stands: true, approval };
}

/** Whether the issue still says what was approved, and the label is on it. */
async function issueStands(
  ports: ApprovalPorts,
  task: Task,
  approval: Approval,
): Promise<Standing> {
  if (task.issueNumber === null) return { stands: true, approval };
  const manager = ports.settings.managerOf(task.target);
  const issue = await ports.host(manager.host).issue(manager, task.issueNumber);
  if (issue === null) return fallen('approval_void_gone', 'The issue is gone.');
  if (issue.state === 'closed')
    return fallen('approval_void_closed', 'The issue was closed after the approval.');
  if (!isAsPublished(task, issue)) {
    return fallen('approval_void_content', 'The text was edited after it was approved.');
  }
  const wanted = ports.settings.labels().approved;
  const isLabeled = issue.labels.some((label) => compareLabel(label, wanted) === 'same');
  return approval.channel === 'label' && !isLabeled
    ? fallen('approval_withdrawn', 'The label was taken off again.')
    : { stands: true, approval };
}

async function stillPermitted(
  ports: ApprovalPorts,
  task: Task,
  approval: Approval,
): Promise<Standing> {
  if (approval.channel !== 'label') {
    const isLost =
      approval.channel === 'dashboard' &&
      (await ports.accounts.lostApproval(approval.actor, task.target.name));
    if (!isLost) return { stands: true, approval };
    return fallen(
      'approval_void_role',
      `${approval.actor} no longer has the right to approve this.`,
    );
  }
  const manager = ports.settings.managerOf(task.target);
  const roles = await Promise.all([
    ports.host(manager.host).roleOf(manager, approval.actor),
    ports.host(task.target.host).roleOf(task.target, approval.actor),
  ]);
  if (roles.every(mayApprove)) return { stands: true, approval };
  return fallen(
    'approval_void_role',
    `@${approval.actor} no longer has the right to approve this.`,
  );
}

/** Voids the approval, says so on the issue, takes the label off; the task waits for a new approval. */
export async function voidApproval(
  ports: ApprovalPorts,
  task: Task,
  standing: Extract<Standing, { stands: false }>,
  actor: Actor = pipelineActor,
): Promise<Task> {
  const next = afterVoid(task);
  if (next === null) return task;
  const manager = ports.settings.managerOf(task.target);
  const at = ports.clock.now();
  const text = `The approval no longer holds: ${standing.text} Set the label again to approve the text as it stands now.`;
  const issue =
    task.issueNumber === null
      ? null
      : await ports.host(manager.host).issue(manager, task.issueNumber);
  let moved = task;
  const intents = await ports.tasks.transact(async (transaction) => {
    // Too few people is no reason to forget the ones who did.
    if (standing.code !== 'approval_incomplete') {
      await ports.tasks.voidApproval(transaction, task.id, at, standing.code);
    }
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at,
      code: standing.code,
      text,
      key: `void:${task.version}`,
      ...(actor === pipelineActor ? {} : { actor }),
    });
    await ports.audit.record(transaction, {
      event: 'approval.revoked',
      outcome: 'ok',
      actor,
      target: task.id,
      correlationId: ports.correlationId(),
      facts: { code: standing.code },
    });
    moved = await ports.tasks.update(transaction, task, {
      state: next.state,
      attention: next.attention,
      note: text,
    });
    if (issue === null || issue.state === 'closed') return [];
    const base = {
      repository: manager,
      taskId: task.id,
      attempt: task.attempt,
      ordinal: moved.version,
    };
    const label = ports.settings.labels().approved;
    return ports.effects.intend(transaction, [
      { ...base, kind: 'remove_label', payload: { number: issue.number, label } },
      { ...base, kind: 'comment', payload: { number: issue.number, body: text } },
    ]);
  });
  await settleAll(ports, intents);
  return moved;
}

/** A proposal that some had approved stays one, and held work stays held; what has ended is not touched. */
function afterVoid(task: Task): Pick<Task, 'state' | 'attention'> | null {
  if (task.state === 'proposed' || task.state === 'needs_attention') {
    return { state: task.state, attention: task.attention };
  }
  const next = transition(task.state, { type: 'void_approval' });
  return next.ok ? { state: next.state, attention: next.attention } : null;
}

function fallen(code: string, text: string): Standing {
  return { stands: false, code, text };
}
