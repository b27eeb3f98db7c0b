import type { Actor } from '../../domain/actor.ts';
import type { Approval } from '../../domain/approval.ts';
import { personOf } from '../../domain/approval.ts';
import type { HostIssue, IssueEvent } from '../../domain/ports/code-host.ts';
import type { Task } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import { AppError } from '../../lib/app-error.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { wordsOf } from '../propose/proposal-text.ts';
import { hashOf } from '../propose/propose.ts';
import { settleAll } from '../settle.ts';
import type { Verdict } from './judge-approval.ts';
import { withoutMarker } from './judge-approval.ts';

export type ApprovalPorts = Pick<
  PipelinePorts,
  'host' | 'tasks' | 'effects' | 'audit' | 'settings' | 'clock' | 'log' | 'correlationId'
>;

/** Binds an approval to the actor and to the words as they stand in the task; AppError `conflict` when the state forbids it. */
export async function grantApproval(
  ports: Pick<ApprovalPorts, 'tasks' | 'audit' | 'settings' | 'clock' | 'correlationId'>,
  task: Task,
  decision: Pick<Approval, 'actor' | 'channel' | 'eventId' | 'roles'>,
): Promise<Task> {
  const next = transition(task.state, { type: 'approve' });
  if (!next.ok) throw stateForbids(task, next.why);
  const at = ports.clock.now();
  const contentHash = hashOf(ports, task);
  return ports.tasks.transact(async (transaction) => {
    await ports.tasks.addApproval(transaction, {
      taskId: task.id,
      ...decision,
      person: personOf(
        decision.channel,
        decision.actor,
        ports.settings.policyOf(task.target).approval.people,
      ),
      contentHash,
      decidedAt: at,
      voidedAt: null,
      voidReason: null,
    });
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at,
      code: 'approved',
      text: `Approved by ${decision.actor} (${decision.channel}) over content ${contentHash.slice(0, 12)}.`,
      key: decision.eventId === null ? `approve:${at.toISOString()}` : `label:${decision.eventId}`,
    });
    await ports.audit.record(transaction, {
      event: 'approval.granted',
      outcome: 'ok',
      actor: actorOf(decision, task),
      target: task.id,
      correlationId: ports.correlationId(),
      facts: { channel: decision.channel, contentHash, roles: decision.roles },
    });
    return ports.tasks.update(transaction, task, {
      state: next.state,
      attention: null,
      contentHash,
      note: `approved by ${decision.actor}`,
    });
  });
}

/** Says why a label does not count: in `explain`, in the audit log and as a comment; takes the label off again. */
export async function refuseApproval(
  ports: ApprovalPorts,
  task: Task,
  issue: HostIssue,
  event: IssueEvent,
  verdict: Extract<Verdict, { approved: false }>,
): Promise<Task> {
  const manager = ports.settings.managerOf(task.target);
  const label = ports.settings.labels().approved;
  let kept = task;
  const intents = await ports.tasks.transact(async (transaction) => {
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at: ports.clock.now(),
      code: verdict.code,
      text: verdict.text,
      key: answerKey(event),
    });
    await ports.audit.record(transaction, {
      event:
        verdict.code === 'approval_void_content'
          ? 'approval.stale_content'
          : 'approval.refused_role',
      outcome: 'refused',
      actor: { kind: 'host_user', name: event.actor, host: manager.host },
      target: task.id,
      correlationId: ports.correlationId(),
      facts: { code: verdict.code, event: event.id },
    });
    kept = await ports.tasks.update(transaction, task, {
      note: verdict.text,
      ...asItStands(ports, task, issue, verdict),
    });
    const base = {
      repository: manager,
      taskId: task.id,
      attempt: task.attempt,
      ordinal: kept.version,
    };
    return ports.effects.intend(transaction, [
      { ...base, kind: 'remove_label', payload: { number: issue.number, label } },
      { ...base, kind: 'comment', payload: { number: issue.number, body: verdict.text } },
    ]);
  });
  await settleAll(ports, intents);
  return kept;
}

/** After an edit the text as it stands becomes the proposal, so that the next approval binds what people read. */
function asItStands(
  ports: ApprovalPorts,
  task: Task,
  issue: HostIssue,
  verdict: Extract<Verdict, { approved: false }>,
): Partial<Task> {
  if (verdict.code !== 'approval_void_content') return {};
  const body = withoutMarker(issue.body);
  const words = wordsOf(body, task.proposal, ports.settings.labels().approved);
  const proposal = { ...task.proposal, title: issue.title, body: words };
  return {
    proposal,
    publishedTitle: issue.title,
    publishedBody: body,
    contentHash: hashOf(ports, { ...task, proposal }),
  };
}

function actorOf({ actor: name, channel }: Pick<Approval, 'actor' | 'channel'>, task: Task): Actor {
  if (channel === 'label') return { kind: 'host_user', name, host: task.target.host };
  if (channel === 'dashboard') return { kind: 'user', name, roles: [] };
  return { kind: 'command_line', name, isOwner: true };
}

function stateForbids(task: Task, why: string): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'task_state',
    message: `Task ${task.id}: ${why}.`,
    next: `Look at it with \`claude-manager tasks explain ${task.id}\`.`,
    details: { taskId: task.id, state: task.state },
  });
}

/** One answer for each setting of the label. */
export function answerKey(event: Pick<IssueEvent, 'id'>): string {
  return `label:${event.id}`;
}
