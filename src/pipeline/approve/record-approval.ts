import type { Actor, Authentication } from '../../domain/actor.ts';
import type { Approval } from '../../domain/approval.ts';
import { personOf } from '../../domain/approval.ts';
import type { EffectRequest } from '../../domain/effect.ts';
import type { HostIssue, IssueEvent } from '../../domain/ports/code-host.ts';
import type { Task } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import { AppError, toAppError } from '../../lib/app-error.ts';
import { wordsOf } from '../propose/proposal-text.ts';
import { hashOf } from '../propose/propose.ts';
import { settleAll } from '../settle.ts';
import type { ApprovalPorts } from './approval-ports.ts';
import type { Verdict } from './judge-approval.ts';
import { isAsPublished, withoutMarker } from './judge-approval.ts';
import { judgePerson } from './judge-person.ts';
import { standingApprovals, tally } from './standing.ts';

/**
 * Binds an approval to the actor and to the words as they stand in the task. With fewer people than the policy asks for
 * the task goes on waiting, and its issue says for whom. AppError `conflict` when the state forbids it, `forbidden` when
 * this person may not be the one.
 */
export async function grantApproval(
  ports: ApprovalPorts,
  task: Task,
  {
    authentication,
    ...decision
  }: Pick<Approval, 'actor' | 'channel' | 'eventId' | 'roles'> &
    Partial<Pick<Approval, 'decidedAt'>> & {
      /** How whoever asked showed who they are, where that is known here. */
      readonly authentication?: Authentication | undefined;
    },
): Promise<Task> {
  const next = transition(task.state, { type: 'approve' });
  if (!next.ok) throw stateForbids(task, next.why);
  const policy = ports.settings.policyOf(task.target).approval;
  const at = ports.clock.now();
  const contentHash = hashOf(ports, task);
  const standing = await standingApprovals(ports.tasks, task.id, contentHash, policy, at);
  const verdict = await judgePerson(ports, { task, ...decision, standing });
  if (!verdict.approved) throw personForbidden(task, verdict);
  const approval = {
    taskId: task.id,
    decidedAt: at,
    ...decision,
    person: personOf(decision.channel, decision.actor, policy.people),
    contentHash,
    baseCommit: await baseNow(ports, task),
    voidedAt: null,
    voidReason: null,
    correlationId: ports.correlationId(),
  };
  const isEnough = standing.length + 1 >= policy.approvers;
  const waiting = tally([...standing, approval], policy.approvers);
  let moved = task;
  const intents = await ports.tasks.transact(async (transaction) => {
    await ports.tasks.voidApproval(transaction, task.id, at, 'approval_void_content', contentHash);
    await ports.tasks.addApproval(transaction, approval);
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at,
      code: isEnough ? 'approved' : 'approval_incomplete',
      text: isEnough
        ? `Approved by ${decision.actor} (${decision.channel}) over content ${contentHash.slice(0, 12)}.`
        : waiting,
      key: decision.eventId === null ? `approve:${task.version}` : `label:${decision.eventId}`,
      actor: actorOf(decision, task),
    });
    await ports.audit.record(transaction, {
      event: 'approval.granted',
      outcome: 'ok',
      actor: {
        ...actorOf(decision, task),
        ...(authentication === undefined ? {} : { authentication }),
      },
      target: task.id,
      correlationId: ports.correlationId(),
      facts: {
        channel: decision.channel,
        contentHash,
        ...(approval.baseCommit === null ? {} : { baseCommit: approval.baseCommit }),
        roles: decision.roles,
        given: standing.length + 1,
        needed: policy.approvers,
      },
    });
    moved = await ports.tasks.update(transaction, task, {
      ...(isEnough ? { state: next.state, attention: null } : {}),
      contentHash,
      note: isEnough ? `approved by ${decision.actor}` : waiting,
    });
    return isEnough || task.issueNumber === null
      ? []
      : ports.effects.intend(transaction, answerOnIssue(ports, moved, task.issueNumber, waiting));
  });
  await settleAll(ports, intents);
  return moved;
}

/** Where the base branch of work that a person asked for stands; what cannot be read keeps nobody from approving. */
async function baseNow(
  ports: Pick<ApprovalPorts, 'host' | 'log'>,
  { id, origin, target, baseBranch }: Task,
): Promise<string | null> {
  if (origin.kind !== 'issue') return null;
  try {
    const head = await ports.host(target.host).head(target, baseBranch, null, 'start');
    return head.changed ? head.sha : null;
  } catch (thrown) {
    const error = toAppError(thrown);
    ports.log.warn('the base branch could not be read at the approval', { taskId: id, error });
    return null;
  }
}

/** A comment and the label taken off, so that it can be set again. */
function answerOnIssue(
  { settings }: Pick<ApprovalPorts, 'settings'>,
  task: Task,
  number: number,
  text: string,
): readonly EffectRequest[] {
  const base = {
    repository: settings.managerOf(task.target),
    taskId: task.id,
    attempt: task.attempt,
    ordinal: task.version,
  };
  const label = settings.labels().approved;
  const body = `${text} Another person with write permission sets the label \`${label}\` again.`;
  return [
    { ...base, kind: 'remove_label', payload: { number, label } },
    { ...base, kind: 'comment', payload: { number, body } },
  ];
}

/**
 * Compares what is approved at the console or in the dashboard with the issue as it stands at this moment. An edited
 * text becomes the proposal and has to be read first; AppError `conflict` says so, also for an issue that is gone.
 */
export async function requireLiveWords(ports: ApprovalPorts, task: Task): Promise<void> {
  if (task.issueNumber === null) return;
  const manager = ports.settings.managerOf(task.target);
  const issue = await ports.host(manager.host).issue(manager, task.issueNumber);
  if (issue === null || issue.state === 'closed') {
    throw wordsForbid(task, 'approval_void_closed', 'Its issue is closed or gone.');
  }
  if (isAsPublished(task, issue)) return;
  const text =
    'The text of its issue was edited. The text as it stands now has been taken as the proposal: read it and approve again.';
  if (task.state === 'proposed') {
    await ports.tasks.transact(async (transaction) => {
      await ports.tasks.voidApproval(
        transaction,
        task.id,
        ports.clock.now(),
        'approval_void_content',
      );
      const moved = await ports.tasks.update(transaction, task, {
        note: text,
        ...asItStands(ports, task, issue),
      });
      await ports.tasks.addNote(transaction, {
        taskId: task.id,
        at: ports.clock.now(),
        code: 'approval_void_content',
        text,
        key: `content:${moved.version}`,
      });
    });
  }
  throw wordsForbid(task, 'approval_void_content', text);
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
  // The label that was set; one that only looks like ours goes as well.
  const label = event.label ?? ports.settings.labels().approved;
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
    if (verdict.code === 'approval_void_content') {
      await ports.tasks.voidApproval(transaction, task.id, ports.clock.now(), verdict.code);
    }
    kept = await ports.tasks.update(transaction, task, {
      note: verdict.text,
      ...(verdict.code === 'approval_void_content' ? asItStands(ports, task, issue) : {}),
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
  ports: Pick<ApprovalPorts, 'settings'>,
  task: Task,
  issue: HostIssue,
): Partial<Task> {
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

function personForbidden(task: Task, verdict: Extract<Verdict, { approved: false }>): AppError {
  return new AppError({
    kind: 'forbidden',
    code: verdict.code,
    message: verdict.text,
    next: `See \`claude-manager tasks explain ${task.id}\`.`,
    details: { taskId: task.id },
  });
}

function wordsForbid(task: Task, code: string, message: string): AppError {
  return new AppError({
    kind: 'conflict',
    code,
    message: `Task ${task.id}: ${message}`,
    next: `Read it with \`claude-manager tasks show ${task.id}\`.`,
    details: { taskId: task.id },
  });
}

/** One answer for each setting of the label. */
function answerKey(event: Pick<IssueEvent, 'id'>): string {
  return `label:${event.id}`;
}

/** Whether this setting of the label got its answer. */
export async function wasAnswered(
  ports: Pick<ApprovalPorts, 'tasks'>,
  task: Task,
  event: Pick<IssueEvent, 'id'>,
): Promise<boolean> {
  const notes = await ports.tasks.notes(task.id);
  return notes.some(({ key }) => key === answerKey(event));
}
