import type { Approval, ApprovalChannel } from '../../domain/approval.ts';
import { areDistinct, personOf } from '../../domain/approval.ts';
import type { IssueHistory } from '../../domain/ports/code-host.ts';
import type { Task } from '../../domain/task.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import type { Verdict } from './judge-approval.ts';

export interface Candidate {
  readonly task: Task;
  readonly actor: string;
  readonly channel: ApprovalChannel;
  /** Approvals by others that count already. */
  readonly standing: readonly Approval[];
  /** What the host tells of the issue; read when it is needed and not given. */
  readonly history?: IssueHistory;
}

/** Whether this person may approve this task beside those who did: nobody twice, and nobody whom the policy sets apart. */
export async function judgePerson(
  ports: Pick<PipelinePorts, 'host' | 'tasks' | 'settings'>,
  candidate: Candidate,
): Promise<Verdict> {
  const { task, actor, channel, standing } = candidate;
  const { people, separateFrom, approvers } = ports.settings.policyOf(task.target).approval;
  const person = personOf(channel, actor, people);
  if (approvers > 1) {
    const same = standing.find(
      (one) => !areDistinct(person, personOf(one.channel, one.actor, people), people),
    );
    if (same !== undefined) return refused('approval_same_person', sameText(actor, same));
  }
  for (const role of separateFrom) {
    const apart = await peopleOf(ports, role, candidate);
    if (apart.some((other) => !areDistinct(person, other, people))) {
      return refused(
        'approval_not_separate',
        `${apartText(role, actor)} Somebody else has to approve it.`,
      );
    }
  }
  return { approved: true };
}

async function peopleOf(
  ports: Pick<PipelinePorts, 'host' | 'tasks' | 'settings'>,
  role: 'proposer' | 'editor' | 'service',
  { task, history }: Candidate,
): Promise<readonly string[]> {
  const { people } = ports.settings.policyOf(task.target).approval;
  const manager = ports.settings.managerOf(task.target);
  const host = ports.host(manager.host);
  if (role === 'service') return [personOf('label', await host.self(), people)];
  if (role === 'proposer') {
    if (task.origin.kind !== 'issue') return [];
    const issue = await host.issue(manager, task.origin.number);
    return issue === null ? [] : [personOf('label', issue.author, people)];
  }
  const here = (await ports.tasks.notes(task.id)).flatMap(({ code, actor }) =>
    code === 'edited' && actor !== undefined
      ? [personOf(actor.kind === 'command_line' ? 'cli' : 'dashboard', actor.name, people)]
      : [],
  );
  if (task.issueNumber === null) return here;
  const self = (await host.self()).toLowerCase();
  const { events } = history ?? (await host.issueEvents(manager, task.issueNumber));
  const there = events.flatMap(({ type, actor }) =>
    (type === 'edited' || type === 'renamed') && actor.toLowerCase() !== self
      ? [personOf('label', actor, people)]
      : [],
  );
  return [...here, ...there];
}

function sameText(actor: string, { actor: other, channel }: Approval): string {
  return other === actor
    ? `@${actor} has approved this already; it takes another person.`
    : `It cannot be told that ${actor} and ${other} (through ${channel}) are two people; approval.people can say who they are.`;
}

function apartText(role: 'proposer' | 'editor' | 'service', actor: string): string {
  switch (role) {
    case 'proposer':
      return `${actor} asked for this work, or cannot be told apart from who did, and may not approve it.`;
    case 'editor':
      return `${actor} wrote its words, or cannot be told apart from who did, and may not approve them.`;
    case 'service':
      return `${actor} is the account of the service, or cannot be told apart from it, and may not approve.`;
  }
}

function refused(code: 'approval_same_person' | 'approval_not_separate', text: string): Verdict {
  return { approved: false, code, text };
}
