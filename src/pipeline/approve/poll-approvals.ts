import type { HostIssue, IssueEvent } from '../../domain/ports/code-host.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import type { Task } from '../../domain/task.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { taskForIssue } from '../propose/adopt-issue.ts';
import { judgeApproval } from './judge-approval.ts';
import { compareLabel } from './label-fold.ts';
import { grantApproval, refuseApproval } from './record-approval.ts';

export type ApprovalPorts = Pick<
  PipelinePorts,
  'host' | 'tasks' | 'effects' | 'audit' | 'settings' | 'clock' | 'log' | 'correlationId'
>;

/** Looks at every open issue of the manager repository that carries the approval label; grants or refuses each once. */
export async function pollApprovals(
  ports: ApprovalPorts,
  manager: RepositoryRef,
): Promise<{ readonly granted: readonly Task[]; readonly refused: readonly Task[] }> {
  const host = ports.host(manager.host);
  const wanted = ports.settings.labels().approved;
  const issues = await host.issues(manager, { state: 'open', labels: [wanted] });
  const granted: Task[] = [];
  const refused: Task[] = [];
  for (const issue of issues) {
    if (!issue.labels.some((label) => compareLabel(label, wanted) === 'same')) continue;
    const task =
      (await ports.tasks.byIssue(manager, issue.number)) ??
      (await taskForIssue(ports, manager, issue));
    if (task === null || task.state !== 'proposed') continue;
    const event = await latestLabeling(ports, manager, issue, wanted);
    if (event === null || (await wasAnswered(ports, task, event))) continue;
    const decided = await decide(ports, task, issue, event);
    (decided.state === 'approved' ? granted : refused).push(decided);
  }
  return { granted, refused };
}

async function decide(
  ports: ApprovalPorts,
  task: Task,
  issue: HostIssue,
  event: IssueEvent,
): Promise<Task> {
  const manager = ports.settings.managerOf(task.target);
  const managerRole = await ports.host(manager.host).roleOf(manager, event.actor);
  const targetRole = await ports.host(task.target.host).roleOf(task.target, event.actor);
  const verdict = judgeApproval({ task, issue, event, managerRole, targetRole, isOurs: false });
  if (verdict.approved) {
    return grantApproval(ports, task, {
      actor: event.actor,
      channel: 'label',
      eventId: event.id,
      roles: { manager: managerRole, target: targetRole },
    });
  }
  return refuseApproval(ports, task, issue, event, verdict);
}

/** The last time the label was set and not taken off again. */
async function latestLabeling(
  ports: ApprovalPorts,
  manager: RepositoryRef,
  issue: HostIssue,
  wanted: string,
): Promise<IssueEvent | null> {
  const events = await ports.host(manager.host).issueEvents(manager, issue.number);
  const labelings = events.filter(
    ({ type, label }) => type === 'labeled' && compareLabel(label ?? '', wanted) === 'same',
  );
  return labelings.at(-1) ?? null;
}

async function wasAnswered(ports: ApprovalPorts, task: Task, event: IssueEvent): Promise<boolean> {
  const notes = await ports.tasks.notes(task.id);
  return notes.some(({ key }) => key === answerKey(event));
}

/** One answer for each setting of the label. */
export function answerKey(event: Pick<IssueEvent, 'id'>): string {
  return `label:${event.id}`;
}
