import type { HostIssue, IssueEvent, IssueHistory } from '../../domain/ports/code-host.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import type { Task } from '../../domain/task.ts';
import { AppError } from '../../lib/app-error.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { issueTaskId, targetOf, taskForIssue } from '../propose/adopt-issue.ts';
import { hashOf } from '../propose/propose.ts';
import type { Failure } from '../settle.ts';
import { forEachApart, settleAll } from '../settle.ts';
import type { ApprovalPorts } from './approval-ports.ts';
import { judgeApproval } from './judge-approval.ts';
import { judgePerson } from './judge-person.ts';
import { compareLabel } from './label-fold.ts';
import { grantApproval, refuseApproval, wasAnswered } from './record-approval.ts';
import { isExpired, standingApprovals } from './standing.ts';

export interface Decided {
  readonly granted: readonly Task[];
  readonly refused: readonly Task[];
  readonly failed: readonly Failure[];
  /** Open issues that carry the label now. */
  readonly labeled: ReadonlySet<number>;
}

/** Looks at every open issue of the manager repository that carries the approval label; grants or refuses each once. */
export async function pollApprovals(
  ports: ApprovalPorts & Pick<PipelinePorts, 'asUnit'>,
  manager: RepositoryRef,
): Promise<Decided> {
  const wanted = ports.settings.labels().approved;
  const issues = await ports
    .host(manager.host)
    .issues(manager, { state: 'open', labels: [wanted] });
  const labeled = issues.filter(({ labels }) =>
    labels.some((label) => compareLabel(label, wanted) === 'same'),
  );
  const granted: Task[] = [];
  const refused: Task[] = [];
  const where = ({ number }: HostIssue): string => `${manager.name}#${number}`;
  const failed = await forEachApart(labeled, where, async (issue) => {
    const decided = await ports.asUnit('approvals.follow', () => answer(ports, manager, issue));
    if (decided !== null) (decided.state === 'approved' ? granted : refused).push(decided);
  });
  return { granted, refused, failed, labeled: new Set(labeled.map(({ number }) => number)) };
}

/** The same for one issue, read anew by its number, because lists may lag behind a label; null when there is nothing to decide. */
export async function lookAtIssue(
  ports: ApprovalPorts,
  manager: RepositoryRef,
  number: number,
): Promise<Task | null> {
  const wanted = ports.settings.labels().approved;
  const issue = await ports.host(manager.host).issue(manager, number);
  const isLabeled =
    issue?.state === 'open' && issue.labels.some((label) => compareLabel(label, wanted) === 'same');
  return issue !== null && isLabeled ? await answer(ports, manager, issue) : null;
}

async function answer(
  ports: ApprovalPorts,
  manager: RepositoryRef,
  issue: HostIssue,
): Promise<Task | null> {
  const known = await ports.tasks.byIssue(manager, issue.number);
  if (known !== null && known.state !== 'proposed') return null;
  const history = await ports.host(manager.host).issueEvents(manager, issue.number);
  const labelings = history.events.filter((event) => isLabeling(ports, event));
  const event = labelings.at(-1);
  if (event === undefined) return null;
  const task = known ?? (await adopt(ports, manager, issue, labelings.length));
  if (task?.state !== 'proposed' || (await wasAnswered(ports, task, event))) return null;
  return decide(ports, task, issue, event, history);
}

/** A person's issue that names a repository which is not there gets an answer, as there is no task that could explain. */
async function adopt(
  ports: ApprovalPorts,
  manager: RepositoryRef,
  issue: HostIssue,
  ordinal: number,
): Promise<Task | null> {
  try {
    return await taskForIssue(ports, manager, issue);
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.kind !== 'not_found') throw thrown;
    const number = issue.number;
    const text = `There is no repository ${targetOf(manager, issue.body).name} that I can see. Correct the line "Repository: owner/name" and set the label again.`;
    const taskId = issueTaskId(manager, number);
    const base = { repository: manager, taskId, attempt: 0, ordinal };
    const label = ports.settings.labels().approved;
    const intents = await ports.tasks.transact((transaction) =>
      ports.effects.intend(transaction, [
        { ...base, kind: 'remove_label', payload: { number, label } },
        { ...base, kind: 'comment', payload: { number, body: text } },
      ]),
    );
    await settleAll(ports, intents);
    return null;
  }
}

async function decide(
  ports: ApprovalPorts,
  task: Task,
  issue: HostIssue,
  event: IssueEvent,
  history: IssueHistory,
): Promise<Task> {
  const manager = ports.settings.managerOf(task.target);
  const [managerRole, targetRole, editedSince] = await Promise.all([
    ports.host(manager.host).roleOf(manager, event.actor),
    ports.host(task.target.host).roleOf(task.target, event.actor),
    task.origin.kind === 'issue'
      ? wasEdited(issue, event, history)
      : wasRewritten(ports, task, event, history),
  ]);
  const verdict = judgeApproval({ task, issue, event, managerRole, targetRole, editedSince });
  if (verdict.approved) {
    const chosen = await withLabeledAgent(ports, task, issue);
    const policy = ports.settings.policyOf(task.target).approval;
    const hash = hashOf(ports, chosen);
    const person = await judgePerson(ports, {
      task: chosen,
      actor: event.actor,
      channel: 'label',
      standing: await standingApprovals(ports.tasks, task.id, hash, policy, ports.clock.now()),
      history,
    });
    if (!person.approved) return refuseApproval(ports, chosen, issue, event, person);
    if (isExpired({ decidedAt: event.at }, policy, ports.clock.now())) {
      const text = `The label was set on ${event.at.toISOString().slice(0, 10)}, and an approval holds for ${policy.expiresDays} days. Set it again.`;
      return refuseApproval(ports, chosen, issue, event, {
        approved: false,
        code: 'approval_expired',
        text,
      });
    }
    return grantApproval(ports, chosen, {
      actor: event.actor,
      channel: 'label',
      eventId: event.id,
      decidedAt: event.at,
      roles: { manager: managerRole, target: targetRole },
    });
  }
  return refuseApproval(ports, task, issue, event, verdict);
}

/** A label on the issue (`claude-flow-task`) chooses the agent, and the approval binds that choice. */
async function withLabeledAgent(ports: ApprovalPorts, task: Task, issue: HostIssue): Promise<Task> {
  const agent = ports.settings.agentByLabel(issue.labels);
  if (agent === null || agent === task.agent) return task;
  return ports.tasks.transact((transaction) => ports.tasks.update(transaction, task, { agent }));
}

/** The host's own clock may set an issue a second later than the event that touched it. */
const slackMs = 2000;

/**
 * Whether a person's text may have changed since the label. Where the host tells no edits, a touch that no event
 * explains (it may have been only a comment) counts as one: asking again costs a click.
 */
function wasEdited(issue: HostIssue, label: IssueEvent, history: IssueHistory): boolean {
  const { events, editsKnown } = history;
  const last = Math.max(...events.map(({ at }) => at.getTime()));
  return (
    events.some(({ type, at }) => (type === 'edited' || type === 'renamed') && at >= label.at) ||
    (!editsKnown && issue.updatedAt.getTime() - last > slackMs)
  );
}

/**
 * Whether a proposal of ours got other words since the label, by whomever, ourselves included: who set the label read
 * the words that stood before. Where the host tells no edits, our own are known from the task, and those of others from
 * the comparison with what we published.
 */
async function wasRewritten(
  ports: ApprovalPorts,
  task: Task,
  label: IssueEvent,
  { events }: IssueHistory,
): Promise<boolean> {
  const since = (at: Date): boolean => at.getTime() >= label.at.getTime() - slackMs;
  if (events.some(({ type, at }) => (type === 'edited' || type === 'renamed') && at >= label.at)) {
    return true;
  }
  const notes = await ports.tasks.notes(task.id);
  return notes.some(({ code, at }) => (code === 'edited' || code === 'rewritten') && since(at));
}

function isLabeling(ports: ApprovalPorts, { type, label }: IssueEvent): boolean {
  return (
    type === 'labeled' && compareLabel(label ?? '', ports.settings.labels().approved) === 'same'
  );
}
