import type { RepositoryPolicy } from '../../domain/policy.ts';
import type { Agent, AgentRunResult } from '../../domain/ports/agent.ts';
import type { Workspace } from '../../domain/ports/git.ts';
import type { CheckResult, Run } from '../../domain/run.ts';
import type { Task } from '../../domain/task.ts';
import { persist } from '../persist.ts';
import { type PipelinePorts, pipelineActor } from '../pipeline-ports.ts';
import { askDelegate } from './ask-delegate.ts';
import type { AttemptRef, WorkResult } from './attempt.ts';
import { branchOf, current, runIdOf } from './attempt.ts';
import { classify, noChangeReason } from './classify.ts';
import { commitMessage } from './commit-message.ts';
import { findingGone } from './finding-gone.ts';
import { judge } from './judge.ts';
import type { Objection } from './objection.ts';
import { promptFor, roundPrompt } from './prompt.ts';
import { createRunRecord, type RunRecord } from './run-record.ts';
import { asCheck, secondOpinion } from './second-opinion.ts';
import { secretsUnseen } from './unseen-content.ts';

type Job = {
  readonly round: AttemptRef['round'];
  readonly task: Task;
  readonly run: Run;
  readonly policy: RepositoryPolicy;
  readonly signal: AbortSignal;
};

/**
 * One attempt in its sealed workspace: set up, run the agent, take the files out, judge them, run the checks, commit.
 * May be repeated from the start after a crash; nothing outside the workspace has happened by then.
 */
export async function work(
  ports: PipelinePorts,
  ref: AttemptRef,
  signal: AbortSignal,
): Promise<WorkResult> {
  const now = await current(ports, ref);
  if (now === null) return over('canceled', 'The task moved on before the agent started.');
  const delegate = ports.delegates(now.task.agent);
  if (delegate !== null) return askDelegate(ports, now, delegate, signal);
  const agent = ports.agents(now.task.agent);
  if (agent === null) {
    return failed(
      'configuration',
      `No agent is named "${now.task.agent}". Add it under executor.agents, or choose another.`,
    );
  }
  const job = {
    ...now,
    round: ref.round,
    policy: ports.settings.policyOf(now.task.target),
    signal,
  };
  const { target, baseBranch } = job.task;
  const fetch = async () => {
    const host = ports.host(target.host);
    const remote = await host.remote(target);
    if (ref.round !== undefined)
      return await ports.mirrors.refresh(target, remote, ref.round.branch);
    // The start looked there a moment ago, so the answer is most often the same and the mirror has it.
    const head = await host.head(target, baseBranch, null, 'start');
    return await ports.mirrors.refresh(target, remote, baseBranch, head.changed ? head.sha : null);
  };
  const mirror = await persist(ports, fetch, signal);
  if (ref.round !== undefined && mirror.commit !== ref.round.headSha) return headMoved(ref.round);
  const workspace = await ports.workspaces.create({ runId: runIdOf(ref), mirror });
  let isKept = false;
  try {
    const result = await workIn(ports, job, agent, workspace);
    isKept = result.commit !== null;
    return result;
  } finally {
    // With a commit the folder stays until it is delivered; ended runs are swept.
    if (!isKept) await workspace.remove();
  }
}

async function workIn(
  ports: PipelinePorts,
  job: Job,
  agent: Agent,
  workspace: Workspace,
): Promise<WorkResult> {
  await noteBase(ports, job, workspace.baseCommit);
  const record = createRunRecord(ports, job.run);
  const setup = await runAll(ports, job, workspace, record, job.policy.setup);
  const broken = setup.find(({ passed }) => !passed);
  if (broken !== undefined) {
    await record.finish();
    return failed(
      'configuration',
      `The set-up command "${broken.command}" failed: ${lastLine(broken.output)}`,
    );
  }
  const result = await runAgent(ports, job, agent, workspace, record);
  const ended = await settle(ports, job, workspace, result, record);
  await record.finish();
  const summary = clipped(ports.secrets.redact(ended.summary));
  return { ...ended, summary, refused: record.refused(), model: record.model() };
}

/** Records what the work begins from, and says where that is another commit than at the approval. */
async function noteBase(ports: PipelinePorts, job: Job, baseCommit: string): Promise<void> {
  const { task, run } = job;
  const approved = (await ports.tasks.approval(task.id))?.baseCommit ?? null;
  await ports.tasks.transact(async (transaction) => {
    await ports.runs.finish(transaction, run.id, { baseCommit });
    if (job.round !== undefined || approved === null || approved === baseCommit) return;
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at: ports.clock.now(),
      code: 'base_moved',
      text: `${task.baseBranch} moved from ${approved.slice(0, 10)} to ${baseCommit.slice(0, 10)} between the approval and attempt ${run.attempt}. The approval binds the words and the branch, not the commit.`,
      key: `base-moved:${run.id}`,
    });
  });
}

async function runAgent(
  ports: PipelinePorts,
  job: Job,
  agent: Agent,
  workspace: Workspace,
  record: RunRecord,
): Promise<AgentRunResult> {
  const { budget, checks, egress } = job.policy;
  const fence = `=====${ports.newId()}=====`;
  const first = promptFor(job.task, {
    template: await ports.settings.promptTemplate(job.task.proposal.kind),
    checks,
    fence,
  });
  const prompt =
    job.round === undefined ? first : `${first}\n${roundPrompt(job.round.feedback, fence)}`;
  const budgetUsd = agent.cost === 'free' ? null : budget.perRunUsd;
  const timeoutMs = budget.timeoutMinutes * 60_000;
  const result = await ports.runner.run({
    agent,
    assignment: { prompt, budgetUsd, timeoutMs, correlationId: job.run.correlationId },
    workspace: workspace.folder,
    limits: {
      timeoutMs,
      stallMs: budget.stallMinutes * 60_000,
      budgetUsd,
      tokens: budget.perRunTokens,
      turns: budget.perRunTurns,
      outputBytes: ports.settings.limits().outputBytes,
    },
    egress,
    signal: job.signal,
    onEvent: (event) => record.add(event),
  });
  await record.flush();
  return result;
}

/** Takes the files out whatever happened, so that the work of a failed run is kept as a patch. */
async function settle(
  ports: PipelinePorts,
  job: Job,
  workspace: Workspace,
  result: AgentRunResult,
  record: RunRecord,
): Promise<WorkResult> {
  const change = await workspace.export();
  const costUsd = costOf(job.run, result);
  await ports.tasks.transact((transaction) =>
    ports.runs.finish(transaction, job.run.id, {
      patch: ports.secrets.redact(change.patch),
      usage: result.usage,
      sandbox: result.sandbox,
      costUsd,
    }),
  );
  const ending = classify(result);
  if (ending.kind === 'ended') {
    const outcome = await whyCanceled(ports, job, ending.outcome);
    const quotaResetsAt = result.end.resetsAt?.toISOString() ?? null;
    return { ...ending, outcome, quotaResetsAt, commit: null, asksPerson: null };
  }
  const limits = ports.settings.limits();
  const unseen = await secretsUnseen(change, limits, ports.secrets);
  const judgement = judge(change, job.policy, limits, ports.secrets, unseen);
  if (judgement.verdict === 'empty') return emptyEnding(result);
  if (judgement.verdict === 'block') {
    const summary = `The change was held back: ${judgement.objections.map(({ text }) => text).join('; ')}.`;
    const codes = [...new Set(judgement.objections.map(({ code }) => code))];
    await heldBack(ports, job, codes);
    const onlyProtected = judgement.objections.every(
      ({ code }) => code === 'protected_path' || code === 'tests_deleted',
    );
    return {
      outcome: 'blocked_by_policy',
      reason: 'policy',
      summary,
      commit: null,
      asksPerson: onlyProtected ? 'protected_path' : 'blocked_by_policy',
    };
  }
  const leftToPerson = judgement.verdict === 'ask' ? told(ports, judgement.objections) : [];
  const checks = await runAll(ports, job, workspace, record, job.policy.checks);
  await ports.tasks.transact((transaction) =>
    ports.runs.finish(transaction, job.run.id, { checks }),
  );
  const red = checks.find(({ passed }) => !passed);
  if (red !== undefined) {
    return failed(
      'checks',
      `The check "${red.command}" failed after the change: ${lastLine(red.output)}`,
    );
  }
  const objection = await reviewed(ports, job, checks, { workspace, patch: change.patch, record });
  if (objection !== null) return objection;
  const gone = await findingGone(ports, job.task);
  if (gone !== null) {
    return {
      outcome: 'blocked_by_policy',
      reason: 'policy',
      summary: gone,
      commit: null,
      asksPerson: 'finding_gone_while_running',
    };
  }
  const approval = await ports.tasks.approval(job.task.id);
  const sha = await change.commit(commitMessage(job.task, job.run, approval?.actor ?? 'unknown'), {
    name: 'Claude Manager',
    email: 'claude-manager@users.noreply.github.com',
    date: job.run.startedAt,
  });
  return {
    outcome: 'succeeded',
    reason: null,
    summary: firstParagraph(result.end.message),
    commit: {
      gitDir: change.gitDir,
      sha,
      branch: job.round?.branch ?? branchOf(job.task.id, job.run.attempt),
    },
    leftToPerson,
    asksPerson: null,
  };
}

/** As many as a person looks through one by one; the engine keeps them with the result. */
const mostTold = 200;

/** Objections in the words that leave the run, bounded. */
function told(
  ports: Pick<PipelinePorts, 'secrets'>,
  objections: readonly Objection[],
): NonNullable<WorkResult['leftToPerson']> {
  const first = objections.slice(0, mostTold).map(({ code, text }) => {
    return { code, text: clipped(ports.secrets.redact(text), 300) };
  });
  const more = objections.slice(mostTold);
  const [next] = more;
  if (next === undefined) return first;
  return [...first, { code: next.code, text: `${more.length} more, which the difference shows` }];
}

/** Asks the policy's reviewer, if it names one; its word stands among the checks. Null when the change may go on. */
async function reviewed(
  ports: PipelinePorts,
  job: Job,
  checks: readonly CheckResult[],
  work: Parameters<typeof secondOpinion>[3],
): Promise<WorkResult | null> {
  const { reviewer } = job.policy;
  if (reviewer === null) return null;
  const startedMs = ports.clock.monotonicMs();
  const opinion = await secondOpinion(ports, job, reviewer, work);
  const durationMs = ports.clock.monotonicMs() - startedMs;
  const run = await ports.runs.get(job.run.id);
  await ports.tasks.transact((transaction) =>
    ports.runs.finish(transaction, job.run.id, {
      checks: [...checks, asCheck(reviewer, opinion, durationMs)],
      ...(opinion.costUsd === null ? {} : { costUsd: (run?.costUsd ?? 0) + opinion.costUsd }),
    }),
  );
  if (opinion.approves) return null;
  await heldBack(ports, job, ['second_opinion']);
  return {
    outcome: 'blocked_by_policy',
    reason: 'policy',
    summary: `The second opinion of ${reviewer} does not agree with the change: ${opinion.text}`,
    commit: null,
    asksPerson: 'blocked_by_policy',
  };
}

async function heldBack(ports: PipelinePorts, job: Job, codes: readonly string[]): Promise<void> {
  await ports.audit.record(null, {
    event: 'change.held_back',
    outcome: 'refused',
    actor: pipelineActor,
    target: job.task.id,
    correlationId: job.run.correlationId,
    facts: { run: job.run.id, codes },
  });
}

/** Only a person's word cancels a task; a run that we stopped for another reason was interrupted and goes on later. */
async function whyCanceled(
  ports: PipelinePorts,
  job: Job,
  outcome: WorkResult['outcome'],
): Promise<WorkResult['outcome']> {
  if (outcome !== 'canceled') return outcome;
  const task = await ports.tasks.get(job.task.id);
  return task?.state === 'running' ? 'interrupted' : 'canceled';
}

function emptyEnding(result: AgentRunResult): WorkResult {
  const reason = noChangeReason(result.end.message);
  if (reason !== null) return over('no_change', reason);
  return failed('agent', 'The agent said it was done but changed nothing and gave no reason.');
}

async function runAll(
  ports: PipelinePorts,
  job: Job,
  workspace: Workspace,
  record: RunRecord,
  commands: readonly string[],
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const command of commands) {
    const result = await ports.commands.run({
      command,
      workspace: workspace.folder,
      timeoutMs: job.policy.budget.timeoutMinutes * 60_000,
      egress: job.policy.egress,
      signal: job.signal,
      onEgressRefused: (refusal) => record.egressRefused(refusal),
    });
    results.push({ ...result, output: ports.secrets.redact(result.output) });
    if (!result.passed) break;
  }
  return results;
}

/** What the run cost; the reservation stands when nobody knows. */
function costOf(run: Run, result: AgentRunResult): number | null {
  return result.usage?.costUsd ?? run.costUsd;
}

function headMoved({ branch }: NonNullable<AttemptRef['round']>): WorkResult {
  const summary = `Somebody else pushed to ${branch}, so the work there was not gone on with.`;
  return {
    outcome: 'blocked_by_policy',
    reason: 'conflict',
    summary,
    commit: null,
    asksPerson: 'human_commits',
  };
}

function failed(reason: NonNullable<WorkResult['reason']>, summary: string): WorkResult {
  return { outcome: 'failed', reason, summary, commit: null, asksPerson: null };
}

function over(outcome: WorkResult['outcome'], summary: string): WorkResult {
  return { outcome, reason: null, summary, commit: null, asksPerson: null };
}

function firstParagraph(text: string): string {
  return (
    text
      .trim()
      .split(/\n\s*\n/u, 1)[0]
      ?.slice(0, 2000) ?? ''
  );
}

/** What people are told: a code host takes 65,536 characters, a reader far fewer. */
function clipped(text: string, most = 2000): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
}

function lastLine(text: string): string {
  const last = text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
  return last === '' ? 'it printed nothing.' : last;
}
