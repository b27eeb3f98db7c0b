import type { HostIssue } from '../../domain/ports/code-host.ts';
import type { Task } from '../../domain/task.ts';
import type { ApprovalPorts } from './approval-ports.ts';
import { compareLabel } from './label-fold.ts';
import { refuseApproval, wasAnswered } from './record-approval.ts';

/**
 * A label that looks like the approval label to a person, and is another one, never counts; whoever set it would wait for
 * ever, so it is taken away and the issue says why.
 */
export async function refuseLookalike(
  ports: ApprovalPorts,
  task: Task,
  issue: HostIssue,
): Promise<void> {
  const found = lookalikeOn(ports, issue);
  const wanted = ports.settings.labels().approved;
  if (found === undefined || task.state !== 'proposed') return;
  const manager = ports.settings.managerOf(task.target);
  const { events } = await ports.host(manager.host).issueEvents(manager, issue.number);
  const event = events.findLast(({ type, label }) => type === 'labeled' && label === found);
  if (event === undefined || (await wasAnswered(ports, task, event))) return;
  await refuseApproval(ports, task, issue, event, {
    approved: false,
    code: 'approval_lookalike_label',
    text: `The label "${found}" only looks like "${wanted}": it is written with other characters, and approves nothing. I took it away; choose "${wanted}" from the list of labels.`,
  });
}

/** The label of an issue that looks like the approval label and is another one. */
export function lookalikeOn(
  { settings }: Pick<ApprovalPorts, 'settings'>,
  { labels }: Pick<HostIssue, 'labels'>,
): string | undefined {
  const wanted = settings.labels().approved;
  return labels.find((label) => compareLabel(label, wanted) === 'lookalike');
}
