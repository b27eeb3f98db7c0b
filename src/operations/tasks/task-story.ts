import type { Finding } from '../../domain/finding.ts';
import type { TaskStore } from '../../domain/ports/stores.ts';
import type { Task } from '../../domain/task.ts';
import { leftInPullRequest } from '../../pipeline/deliver/left-to-person.ts';
import { givenOf } from '../../pipeline/execute/given.ts';
import type { PipelinePorts } from '../../pipeline/pipeline-ports.ts';
import { hashOf } from '../../pipeline/propose/propose.ts';
import type { PolicyView, TaskStory } from './contract.ts';
import type { LinePorts } from './task-lines.ts';
import { detailOf } from './task-lines.ts';

export type StoryPorts = LinePorts &
  Pick<PipelinePorts, 'findings' | 'settings'> & {
    readonly tasks: Pick<TaskStore, 'notes'>;
    /** Writes to the outside that the task asked for, oldest first. */
    readonly writes: (taskId: string) => Promise<TaskStory['effects']>;
  };

/** Everything about one task that a page of it shows. */
export async function storyOf(ports: StoryPorts, task: Task): Promise<TaskStory> {
  const policy = ports.settings.policyOf(task.target);
  const [detail, finding, effects, template, notes] = await Promise.all([
    detailOf(ports, task),
    task.origin.kind === 'finding' ? ports.findings.get(task.origin.findingId) : null,
    ports.writes(task.id),
    ports.settings.promptTemplate(task.proposal.kind),
    ports.tasks.notes(task.id),
  ]);
  const standing = detail.approvals.filter(({ voidedAt }) => voidedAt === null);
  const now = hashOf(ports, task);
  return {
    ...detail,
    contentHash: now,
    origin: {
      kind: task.origin.kind,
      rule: task.origin.kind === 'finding' ? task.origin.rule : null,
    },
    finding: finding === null ? null : evidenceOf(finding),
    given: givenOf(task, { template, checks: policy.checks }),
    bound: standing.length > 0 && standing.every(({ contentHash }) => contentHash === now),
    policy: policyView(policy),
    pull:
      task.pullRequest === null
        ? null
        : {
            number: task.pullRequest.number,
            branch: task.pullRequest.branch,
            headSha: task.pullRequest.headSha,
            url: task.pullRequest.url,
          },
    leftToPerson: [...leftInPullRequest(notes, task)],
    costUsd: detail.runs.reduce(
      (sum, { costUsd, endedAt }) => sum + (endedAt === null ? 0 : (costUsd ?? 0)),
      0,
    ),
    effects,
  };
}

/** A policy as it is shown. */
function policyView(policy: ReturnType<PipelinePorts['settings']['policyOf']>): PolicyView {
  return {
    agent: policy.agent,
    base: policy.base,
    setup: [...policy.setup],
    checks: [...policy.checks],
    egress: [...policy.egress],
    protectedPaths: [...policy.protectedPaths],
    protectedPathsPolicy: policy.protectedPathsPolicy,
    proposalsOpen: policy.proposalsOpen,
    approvers: policy.approval.approvers,
    expiresDays: policy.approval.expiresDays,
    budget: { ...policy.budget },
  };
}

function evidenceOf(finding: Finding): NonNullable<TaskStory['finding']> {
  const { id, rule, status, path, line, endLine, tag, text, owner, confidence } = finding;
  return {
    id,
    rule,
    status,
    path,
    line,
    endLine,
    tag,
    text,
    owner,
    confidence,
    commit: finding.commit,
    url: finding.url,
    context: [...finding.context],
    contextStart: finding.contextStart,
    firstSeen: finding.firstSeen.toISOString(),
  };
}
