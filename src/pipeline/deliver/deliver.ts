import { repositoryKey } from '../../domain/repository.ts';
import type { Run } from '../../domain/run.ts';
import type { PullRequestRef, Task } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import { AppError } from '../../lib/app-error.ts';
import type { ApprovalPorts } from '../approve/approval-ports.ts';
import { verifyApproval, voidApproval } from '../approve/verify-approval.ts';
import type { AttemptRef, WorkResult } from '../execute/attempt.ts';
import { current, reviewLabel, runIdOf } from '../execute/attempt.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import { settleAll } from '../settle.ts';
import { leaveToPerson } from './left-to-person.ts';
import { lostWork } from './lost-work.ts';
import { taskReceipt } from './receipt.ts';
import { deliveredComment, pullRequestBody, withoutActs } from './report.ts';

export type DeliverPorts = ApprovalPorts & Pick<PipelinePorts, 'runs' | 'pauses'>;

/** Delivering also asks where the commit lies. */
export type PushPorts = DeliverPorts & Pick<PipelinePorts, 'workspaces' | 'mirrors'>;

/**
 * Pushes the branch and opens the draft pull request, both as effects of this attempt, then moves the task to review.
 * Success is claimed only when the host shows an open pull request at the pushed commit. The approval is read once
 * more before anything leaves; the answer is the end of the attempt, without a commit when nothing was delivered.
 */
export async function deliver(
  ports: PushPorts,
  ref: AttemptRef,
  result: WorkResult & { readonly commit: NonNullable<WorkResult['commit']> },
): Promise<WorkResult> {
  const now = await current(ports, ref);
  if (now === null) {
    const run = await ports.runs.get(runIdOf(ref));
    if (run?.outcome === 'succeeded') return result;
    const summary = 'The task was decided otherwise while the agent worked.';
    return { outcome: 'canceled', reason: null, summary, commit: null, asksPerson: null };
  }
  const { task, run } = now;
  const standing = await verifyApproval(ports, task);
  if (!standing.stands) {
    await voidApproval(ports, task, standing);
    return {
      outcome: 'blocked_by_policy',
      reason: 'policy',
      summary: standing.text,
      commit: null,
      asksPerson: 'approval_void',
    };
  }
  const lost = await lostWork(ports, task, ref, result.commit);
  if (lost !== null) return lost;
  const [push = '', open = ''] = await intendPullRequest(ports, task, run, result);
  await ports.effects.settle(push);
  const made = await ports.effects.settle(open);
  const pullRequest = await proven(ports, task, made.number, result.commit);
  await conclude(ports, task, run, pullRequest, result);
  return result;
}

async function intendPullRequest(
  ports: DeliverPorts,
  task: Task,
  run: Run,
  result: WorkResult & { readonly commit: NonNullable<WorkResult['commit']> },
): Promise<readonly string[]> {
  const approval = await ports.tasks.approval(task.id);
  const manager = ports.settings.managerOf(task.target).name;
  const base = { repository: task.target, taskId: task.id, attempt: run.attempt, ordinal: 0 };
  return ports.tasks.transact(async (transaction) => {
    await ports.audit.record(transaction, {
      event: 'git.push',
      outcome: 'begun',
      actor: pipelineActor,
      target: task.id,
      correlationId: run.correlationId,
      facts: {
        branch: result.commit.branch,
        sha: result.commit.sha,
        repository: repositoryKey(task.target),
      },
    });
    return ports.effects.intend(transaction, [
      { ...base, kind: 'push_branch', payload: { ...result.commit, expected: null } },
      {
        ...base,
        kind: 'open_pull_request',
        payload: {
          title: withoutActs(task.proposal.title),
          body: pullRequestBody(task, run, approval, {
            manager,
            summary: result.summary,
            leftToPerson: result.leftToPerson ?? [],
            refused: result.refused ?? [],
            model: result.model ?? null,
          }),
          head: result.commit.branch,
          base: task.baseBranch,
          draft: true,
        },
      },
    ]);
  });
}

/** Reads the pull request back: a number in an answer is a claim, an open pull request at our commit is proof. */
async function proven(
  ports: DeliverPorts,
  task: Task,
  number: number | null,
  commit: NonNullable<WorkResult['commit']>,
): Promise<PullRequestRef> {
  const seen =
    number === null ? null : await ports.host(task.target.host).pullRequest(task.target, number);
  if (seen === null || seen.state === 'closed' || seen.headSha !== commit.sha) {
    throw new AppError({
      kind: 'unknown_outcome',
      code: 'pull_request_unproven',
      message: `There is no open pull request of task ${task.id} that shows commit ${commit.sha}.`,
      next: 'Look at the pull request and its branch; somebody may have changed it.',
      details: { taskId: task.id, number, seen: seen?.headSha ?? null, wanted: commit.sha },
    });
  }
  return {
    repository: task.target,
    number: seen.number,
    branch: commit.branch,
    headSha: commit.sha,
    url: seen.url,
  };
}

/** Moves the task to review with its proven pull request, and says so on the issue; on the pull request what is left to a person. */
export async function conclude(
  ports: DeliverPorts,
  task: Task,
  run: Run,
  pullRequest: PullRequestRef,
  { summary, leftToPerson = [] }: Pick<WorkResult, 'summary' | 'leftToPerson'>,
): Promise<void> {
  const next = transition(task.state, { type: 'pull_request_opened' });
  if (!next.ok) return;
  const manager = ports.settings.managerOf(task.target);
  const receipt = await taskReceipt(ports, task);
  const intents = await ports.tasks.transact(async (transaction) => {
    await ports.runs.finish(transaction, run.id, {
      outcome: 'succeeded',
      summary,
      endedAt: ports.clock.now(),
    });
    await ports.audit.record(transaction, {
      event: 'pr.open',
      outcome: 'ok',
      actor: pipelineActor,
      target: task.id,
      correlationId: run.correlationId,
      facts: { url: pullRequest.url, sha: pullRequest.headSha, costUsd: run.costUsd },
    });
    await ports.tasks.update(transaction, task, {
      state: next.state,
      pullRequest,
      note: `pull request ${pullRequest.url}`,
    });
    const left = await leaveToPerson(ports, transaction, { task, run, pullRequest }, leftToPerson);
    if (task.issueNumber === null) return ports.effects.intend(transaction, left);
    const base = { repository: manager, taskId: task.id, attempt: run.attempt, ordinal: 0 };
    const number = task.issueNumber;
    const said = deliveredComment(run, pullRequest.url, leftToPerson.length > 0);
    return ports.effects.intend(transaction, [
      ...left,
      { ...base, kind: 'comment', payload: { number, body: `${said}\n\n${receipt}` } },
      { ...base, kind: 'add_label', payload: { number, labels: [reviewLabel] } },
    ]);
  });
  await settleAll(ports, intents);
}
