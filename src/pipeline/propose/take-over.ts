import type { HostIssue, HostPullRequest } from '../../domain/ports/code-host.ts';
import type { AttentionReason, PullRequestRef, Task, TaskState } from '../../domain/task.ts';
import { noteLeft } from '../deliver/left-to-person.ts';
import { leftInReport } from '../deliver/report.ts';
import { branchOf, reviewLabel } from '../execute/attempt.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';

type Ports = Pick<PipelinePorts, 'host' | 'tasks' | 'settings' | 'clock'>;

interface Standing {
  readonly state: TaskState;
  readonly attention: AttentionReason | null;
  readonly pullRequest: PullRequestRef | null;
  readonly attempt: number;
  /** What its pull request leaves to a person, as its report says. */
  readonly left: readonly string[];
}

/**
 * An issue that was there before our database may have been decided and worked on already, which only the host still
 * knows: a no stays a no, and a pull request of ours is taken up instead of being made again.
 */
export async function takeOver(ports: Ports, task: Task, issue: HostIssue): Promise<Task> {
  if (task.state !== 'proposed') return task;
  const delivered = mayBeDelivered(ports, issue) ? await deliveredOf(ports, task) : null;
  const standing = delivered ?? decidedOf(issue);
  if (standing === null) return task;
  const { left, ...moved } = standing;
  const note = 'taken over from the code host, where it was decided before this database was made';
  return ports.tasks.transact(async (transaction) => {
    const { pullRequest, attempt } = moved;
    if (pullRequest !== null && left.length > 0)
      await noteLeft(ports, transaction, { task, pullRequest, attempt }, left);
    return ports.tasks.update(transaction, task, { ...moved, note });
  });
}

/** Whether the issue looks as if work had begun. */
function mayBeDelivered(ports: Ports, issue: HostIssue): boolean {
  const traces = [reviewLabel, ports.settings.labels().approved].map((name) => name.toLowerCase());
  const isTraced = issue.labels.some((label) => traces.includes(label.toLowerCase()));
  return isTraced || issue.stateReason === 'completed';
}

/** Branches have names that depend on task and attempt only, so that the pull request can be asked for by its branch. */
async function deliveredOf(ports: Ports, task: Task): Promise<Standing | null> {
  const host = ports.host(task.target.host);
  const { maxAttempts } = ports.settings.policyOf(task.target).budget;
  for (let attempt = maxAttempts; attempt > 0; attempt -= 1) {
    const branch = branchOf(task.id, attempt);
    const query = { state: 'all', headBranch: branch } as const;
    const seen = (await host.pullRequests(task.target, query)).find(
      ({ headBranch }) => headBranch === branch,
    );
    if (seen !== undefined) return standingOf(task, attempt, seen);
  }
  return null;
}

function standingOf(task: Task, attempt: number, seen: HostPullRequest): Standing {
  const { number, headBranch, headSha, url } = seen;
  const pullRequest = { repository: task.target, number, branch: headBranch, headSha, url };
  const found = { pullRequest, attempt, left: leftInReport(seen.body) };
  switch (seen.state) {
    case 'open':
      return { state: 'in_review', attention: null, ...found };
    case 'merged':
      return { state: 'done', attention: null, ...found };
    case 'closed':
      return { state: 'needs_attention', attention: 'closed_unmerged', ...found };
  }
}

function decidedOf(issue: HostIssue): Standing | null {
  if (issue.state === 'open') return null;
  const state = issue.stateReason === 'completed' ? 'resolved' : 'rejected';
  return { state, attention: null, pullRequest: null, attempt: 0, left: [] };
}
