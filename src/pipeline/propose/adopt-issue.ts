import type { HostIssue } from '../../domain/ports/code-host.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { repositoryKey } from '../../domain/repository.ts';
import type { Task } from '../../domain/task.ts';
import { idOf } from '../../lib/hash.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { hashOf } from './propose.ts';
import { takeOver } from './take-over.ts';

type Ports = Pick<
  PipelinePorts,
  'host' | 'tasks' | 'audit' | 'settings' | 'clock' | 'correlationId'
>;

/** `Repository: owner/name`, plain or bold; the first generation wrote `**Repository:** owner/name`. */
const repositoryLine =
  /^[ \t]*(?:\*\*)?Repository(?:\*\*:|:\*\*|:)[ \t]*`?([\w.-]+\/[\w.-]+)`?[ \t]*$/imu;

/**
 * An issue that a person wrote in the manager repository becomes a task when somebody sets the approval label on it.
 * Its target is named by a line `Repository: owner/name`, else it is the manager repository itself.
 * Issues written by bots, and copies of our own marker, never do. The words are taken as they stand now.
 */
export async function taskForIssue(
  ports: Ports,
  manager: RepositoryRef,
  issue: HostIssue,
): Promise<Task | null> {
  if (issue.authorIsBot || issue.body.includes('<!-- cms:')) return null;
  const target = targetOf(manager, issue.body);
  const repository = await ports.host(target.host).repository(target);
  const policy = ports.settings.policyOf(target);
  const agent = ports.settings.agentByLabel(issue.labels) ?? policy.agent;
  const baseBranch = policy.base ?? repository.defaultBranch;
  const proposal = {
    title: issue.title,
    body: issue.body.replaceAll('\r\n', '\n'),
    rank: 50,
    rankReasons: [{ factor: 'asked', points: 50, because: `asked for by @${issue.author}` }],
    kind: 'requested' as const,
    evidence: '',
  };
  const now = ports.clock.now();
  const task: Task = {
    id: issueTaskId(manager, issue.number),
    state: 'proposed',
    attention: null,
    origin: { kind: 'issue', repository: manager, number: issue.number },
    target,
    proposal,
    agent,
    baseBranch,
    contentHash: hashOf(ports, { proposal, target, baseBranch, agent }),
    issueNumber: issue.number,
    publishedTitle: issue.title,
    publishedBody: proposal.body,
    pullRequest: null,
    attempt: 0,
    note: null,
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
  const inserted = await ports.tasks.transact((transaction) =>
    ports.tasks.insert(transaction, task),
  );
  return takeOver(ports, inserted, issue);
}

/** The id of the task that an issue written by a person leads to. */
export function issueTaskId(manager: RepositoryRef, number: number): string {
  return idOf('task', repositoryKey(manager), 'issue', String(number));
}

/** The repository that an issue asks work for. */
export function targetOf(manager: RepositoryRef, body: string): RepositoryRef {
  const named = repositoryLine.exec(body.replaceAll('\r\n', '\n'))?.[1];
  return named === undefined ? manager : { host: manager.host, name: named };
}
