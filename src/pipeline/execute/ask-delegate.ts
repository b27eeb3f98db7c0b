import type { HostPullRequest } from '../../domain/ports/code-host.ts';
import type { Delegate, DelegatedWork } from '../../domain/ports/delegate.ts';
import type { Run } from '../../domain/run.ts';
import type { Task } from '../../domain/task.ts';
import { conclude } from '../deliver/deliver.ts';
import { persist } from '../persist.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import type { WorkResult } from './attempt.ts';
import { isRetryable, runsThatCount } from './next-try.ts';

const lookEveryMs = 30_000;

/**
 * Asks a delegate by one comment on the issue and waits for its pull request until the run's time is used up.
 * What it does there is outside our promises, and the report says so.
 */
export async function askDelegate(
  ports: PipelinePorts,
  { task, run }: { readonly task: Task; readonly run: Run },
  delegate: Delegate,
  signal: AbortSignal,
): Promise<WorkResult> {
  if (task.issueNumber === null)
    return over('failed', 'A delegate is asked on an issue, and this task has none.');
  const asking = await askingRun(ports, task, run);
  const asked = await workOf(ports, task, asking, task.issueNumber);
  await ask(ports, task, asking, delegate, asked);
  const { timeoutMinutes } = ports.settings.policyOf(task.target).budget;
  const until = run.startedAt.getTime() + timeoutMinutes * 60_000;
  while (!signal.aborted) {
    const answer = await persist(ports, () => answerOf(ports, task, delegate, asked), signal);
    if (answer !== null) return review(ports, task, run, delegate, answer);
    if (ports.clock.now().getTime() >= until) {
      return over(
        'timed_out',
        `${delegate.name} opened no pull request within ${timeoutMinutes} minutes.`,
      );
    }
    await ports.clock.sleep(lookEveryMs, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
  return over('interrupted', 'Waiting for the delegate was stopped.');
}

/**
 * The run whose comment stands for this one: an attempt that goes on with one that was interrupted, or failed for the
 * moment, asks no second time, because the delegate would do the work twice.
 */
async function askingRun(ports: PipelinePorts, task: Task, run: Run): Promise<Run> {
  const [all, notes] = [await ports.runs.ofTask(task.id), await ports.tasks.notes(task.id)];
  const earlier = runsThatCount(all, notes).filter(({ attempt }) => attempt < run.attempt);
  const other = earlier.findLastIndex(
    ({ agent, outcome, reason }) =>
      agent !== run.agent || outcome === null || !isRetryable(outcome, reason),
  );
  return earlier[other + 1] ?? run;
}

async function workOf(
  ports: PipelinePorts,
  task: Task,
  run: Run,
  number: number,
): Promise<DelegatedWork> {
  const manager = ports.settings.managerOf(task.target);
  return {
    issue: { repository: manager.name, number },
    target: task.target.name,
    title: task.proposal.title,
    askedAt: run.startedAt,
    ownLogins: [await ports.host(manager.host).self()],
  };
}

async function ask(
  ports: PipelinePorts,
  task: Task,
  run: Run,
  delegate: Delegate,
  asked: DelegatedWork,
): Promise<void> {
  const intents = await ports.tasks.transact((transaction) =>
    ports.effects.intend(transaction, [
      {
        kind: 'comment',
        repository: ports.settings.managerOf(task.target),
        taskId: task.id,
        attempt: run.attempt,
        ordinal: 3,
        payload: { number: asked.issue.number, body: delegate.request(asked) },
      },
    ]),
  );
  for (const intent of intents) await ports.effects.settle(intent);
}

async function answerOf(
  ports: PipelinePorts,
  task: Task,
  delegate: Delegate,
  asked: DelegatedWork,
): Promise<HostPullRequest | null> {
  const open = await ports.host(task.target.host).pullRequests(task.target, { state: 'open' });
  return open.find((candidate) => delegate.isAnswer(candidate, asked)) ?? null;
}

async function review(
  ports: PipelinePorts,
  task: Task,
  run: Run,
  delegate: Delegate,
  { number, headBranch, headSha, url }: HostPullRequest,
): Promise<WorkResult> {
  const summary = `${delegate.name} opened it. ${delegate.warning}`;
  const pullRequest = { repository: task.target, number, branch: headBranch, headSha, url };
  await conclude(ports, task, run, pullRequest, { summary });
  return over('succeeded', summary);
}

function over(outcome: WorkResult['outcome'], summary: string): WorkResult {
  const reason = outcome === 'failed' ? 'configuration' : null;
  return { outcome, reason, summary, commit: null, asksPerson: null };
}
