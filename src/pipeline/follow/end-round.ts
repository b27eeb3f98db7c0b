import type { EffectRequest } from '../../domain/effect.ts';
import type { HostPullRequest } from '../../domain/ports/code-host.ts';
import type { Run } from '../../domain/run.ts';
import type { AttentionReason, Task, TaskEvent } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import { AppError } from '../../lib/app-error.ts';
import { verifyApproval, voidApproval } from '../approve/verify-approval.ts';
import type { DeliverPorts, PushPorts } from '../deliver/deliver.ts';
import { leaveToPerson } from '../deliver/left-to-person.ts';
import { lostWork } from '../deliver/lost-work.ts';
import { taskReceipt } from '../deliver/receipt.ts';
import { inert } from '../deliver/report.ts';
import type { AttemptRef, WorkResult } from '../execute/attempt.ts';
import { current, runIdOf } from '../execute/attempt.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import { settleAll } from '../settle.ts';
import { interruptionsAt, type RoundOrder, roundKeys } from './round.ts';

type Done = WorkResult & { readonly commit: NonNullable<WorkResult['commit']> };

/** Pushes a round's commit on top of the head that it worked on, says what was done, answers and resolves the threads. */
export async function deliverRound(
  ports: PushPorts,
  ref: AttemptRef,
  order: RoundOrder,
  result: Done,
): Promise<WorkResult> {
  const now = await current(ports, ref);
  if (now === null) {
    const run = await ports.runs.get(runIdOf(ref));
    if (run?.outcome === 'succeeded') return result;
    return ended('canceled', 'The task was decided otherwise while the agent worked.', null);
  }
  const { task, run } = now;
  const standing = await verifyApproval(ports, task);
  if (!standing.stands) {
    await voidApproval(ports, task, standing);
    return ended('blocked_by_policy', standing.text, 'approval_void');
  }
  const seen = await openPullRequest(ports, task);
  const there = seen?.headSha ?? null;
  if (there !== order.headSha && there !== result.commit.sha) {
    const text = `${task.pullRequest?.url ?? 'The pull request'} changed while the agent worked (it is ${there === null ? 'not open any more' : `at ${there.slice(0, 10)}`}), so nothing was pushed over it.`;
    return ended('blocked_by_policy', text, there === null ? 'closed_unmerged' : 'human_commits');
  }
  if (there !== result.commit.sha && seen?.draft === false) {
    const held = await heldFromReady(ports, task, run, result);
    if (held !== null) return held;
  }
  const lost = await lostWork(ports, task, ref, result.commit);
  if (lost !== null) return lost;
  const [push = ''] = await intendPush(ports, task, run, order, result);
  await ports.effects.settle(push);
  const head = (await openPullRequest(ports, task))?.headSha ?? null;
  if (head !== result.commit.sha) throw unproven(task, head, result.commit.sha);
  await conclude(ports, { task, run }, order, result);
  return result;
}

async function openPullRequest(ports: DeliverPorts, task: Task): Promise<HostPullRequest | null> {
  const number = task.pullRequest?.number ?? 0;
  const seen = await ports.host(task.target.host).pullRequest(task.target, number);
  return seen?.state === 'open' ? seen : null;
}

/** What is left to a person goes into a draft only: somebody may be about to merge one that was marked as ready. */
async function heldFromReady(
  ports: DeliverPorts,
  task: Task,
  run: Run,
  { leftToPerson = [] }: Done,
): Promise<WorkResult | null> {
  if (leftToPerson.length === 0) return null;
  await ports.audit.record(null, {
    event: 'change.held_back',
    outcome: 'refused',
    actor: pipelineActor,
    target: task.id,
    correlationId: run.correlationId,
    facts: { run: run.id, codes: [...new Set(leftToPerson.map(({ code }) => code))] },
  });
  const what = leftToPerson.map(({ text }) => text).join('; ');
  const text = `The change was held back, because the policy leaves a part of it to a person (${what}) and ${task.pullRequest?.url ?? 'the pull request'} is no draft any more.`;
  return ended('blocked_by_policy', text, 'protected_path');
}

async function intendPush(
  ports: DeliverPorts,
  task: Task,
  run: Run,
  { branch, headSha }: RoundOrder,
  { commit }: Done,
): Promise<readonly string[]> {
  return ports.tasks.transact(async (transaction) => {
    await ports.audit.record(transaction, {
      event: 'git.push',
      outcome: 'begun',
      actor: pipelineActor,
      target: task.id,
      correlationId: run.correlationId,
      facts: { branch, sha: commit.sha, expected: headSha },
    });
    return ports.effects.intend(transaction, [
      {
        kind: 'push_branch',
        repository: task.target,
        taskId: task.id,
        attempt: run.attempt,
        ordinal: 0,
        payload: { ...commit, branch, expected: headSha },
      },
    ]);
  });
}

async function conclude(
  ports: DeliverPorts,
  { task, run }: { readonly task: Task; readonly run: Run },
  order: RoundOrder,
  result: Done,
): Promise<void> {
  const next = transition(task.state, { type: 'pull_request_opened' });
  if (!next.ok || task.pullRequest === null) return;
  const pullRequest = { ...task.pullRequest, headSha: result.commit.sha };
  const receipt = await taskReceipt(ports, task);
  const text = `${whatFor(order)} ${result.commit.sha.slice(0, 10)}: ${inert(result.summary)}`;
  const intents = await ports.tasks.transact(async (transaction) => {
    await ports.runs.finish(transaction, run.id, {
      outcome: 'succeeded',
      summary: result.summary,
      endedAt: ports.clock.now(),
    });
    await ports.audit.record(transaction, {
      event: 'pr.updated',
      outcome: 'ok',
      actor: pipelineActor,
      target: task.id,
      correlationId: run.correlationId,
      facts: { url: pullRequest.url, sha: pullRequest.headSha, kind: order.kind },
    });
    const note = `pull request ${pullRequest.url}, mended at ${pullRequest.headSha.slice(0, 10)}`;
    await ports.tasks.update(transaction, task, { state: next.state, pullRequest, note });
    const place = { task, run, pullRequest };
    const left = await leaveToPerson(ports, transaction, place, result.leftToPerson ?? []);
    return ports.effects.intend(transaction, [
      ...left,
      ...answers(task, run, order, pullRequest.number, { text, receipt }),
    ]);
  });
  await settleAll(ports, intents);
}

/** Other comments of an attempt are numbered by the version of their task, which does not come so far. */
const commentOrdinal = 1_000_000_000;

/** One comment on the pull request, and for each thread an answer and its end. */
function answers(
  task: Task,
  run: Run,
  order: RoundOrder,
  number: number,
  { text, receipt }: { readonly text: string; readonly receipt: string },
): readonly EffectRequest[] {
  const base = { repository: task.target, taskId: task.id, attempt: run.attempt };
  return [
    {
      ...base,
      ordinal: commentOrdinal,
      kind: 'comment',
      payload: { number, body: `${text}\n\n${receipt}` },
    },
    ...order.threads.flatMap((thread, index): readonly EffectRequest[] => [
      { ...base, ordinal: index, kind: 'reply_to_remark', payload: { number, thread, body: text } },
      { ...base, ordinal: index, kind: 'resolve_thread', payload: { number, thread } },
    ]),
  ];
}

function whatFor({ kind }: RoundOrder): string {
  return kind === 'ci' ? 'The checks failed; mended in' : 'Changes were requested; done in';
}

/** Ends a round that pushed nothing: stopped work goes back to its review and starts again, anything else asks a person. */
export async function endRound(
  ports: DeliverPorts,
  ref: AttemptRef,
  headSha: string,
  result: WorkResult,
): Promise<void> {
  const now = await current(ports, ref);
  if (now === null) return endRunAlone(ports, ref, result);
  const { task, run } = now;
  const again = await mayStartAgain(ports, task, headSha, result);
  const next = transition(task.state, again ? { type: 'pull_request_opened' } : eventOf(result));
  if (!next.ok) return;
  const text = `${result.summary} The pull request is ${task.pullRequest?.url ?? 'gone'}.`;
  const receipt = await taskReceipt(ports, task);
  const at = ports.clock.now();
  const intents = await ports.tasks.transact(async (transaction) => {
    await ports.runs.finish(transaction, run.id, {
      outcome: result.outcome,
      reason: result.reason,
      summary: result.summary,
      endedAt: at,
      ...(result.outcome === 'interrupted' && run.usage === null ? { costUsd: 0 } : {}),
    });
    await ports.audit.record(transaction, {
      event: 'agent.exit',
      outcome: 'failed',
      actor: pipelineActor,
      target: task.id,
      correlationId: run.correlationId,
      facts: { outcome: result.outcome, reason: result.reason, attempt: run.attempt, round: true },
    });
    const note = { taskId: task.id, at, text: result.summary };
    const code = next.attention ?? 'round_interrupted';
    await ports.tasks.addNote(transaction, { ...note, code, key: `run:${run.id}` });
    if (again) {
      const key = roundKeys.interrupted(run.attempt);
      // A failed start waits a while before the next one, stopped work does not.
      const waits = result.outcome === 'interrupted' ? 'round_interrupted' : 'start_failed';
      await ports.tasks.addNote(transaction, { ...note, code: waits, key });
    }
    const { state, attention } = next;
    await ports.tasks.update(transaction, task, { state, attention, note: text });
    if (task.issueNumber === null || attention === null) return [];
    return ports.effects.intend(transaction, [
      {
        kind: 'comment',
        repository: ports.settings.managerOf(task.target),
        taskId: task.id,
        attempt: run.attempt,
        ordinal: 1,
        payload: {
          number: task.issueNumber,
          body: `This needs a person: ${inert(text)}\n\n${receipt}`,
        },
      },
    ]);
  });
  await settleAll(ports, intents);
}

const passing: ReadonlySet<WorkResult['reason']> = new Set([
  'transient',
  'rate_limit',
  'model_quota',
]);

/** What may pass by itself costs no round, as often as an attempt may be tried. */
async function mayStartAgain(
  ports: DeliverPorts,
  task: Task,
  headSha: string,
  { outcome, reason }: WorkResult,
): Promise<boolean> {
  if (outcome === 'interrupted') return true;
  if (outcome !== 'failed' || !passing.has(reason)) return false;
  const tried = interruptionsAt(await ports.tasks.notes(task.id), headSha);
  return tried + 1 < ports.settings.policyOf(task.target).budget.maxAttempts;
}

function eventOf({ outcome, reason, asksPerson }: WorkResult): TaskEvent {
  if (outcome === 'canceled') return { type: 'cancel' };
  return { type: 'need_attention', reason: asksPerson ?? attentionOf(outcome, reason) };
}

function attentionOf(
  outcome: WorkResult['outcome'],
  reason: WorkResult['reason'],
): AttentionReason {
  if (outcome === 'blocked_by_policy') return 'blocked_by_policy';
  if (reason === 'conflict') return 'human_commits';
  if (reason === 'unknown_outcome') return 'unknown_outcome';
  return reason === 'authentication' ? 'access_withdrawn' : 'round_failed';
}

async function endRunAlone(
  ports: DeliverPorts,
  ref: AttemptRef,
  { outcome, reason, summary }: WorkResult,
): Promise<void> {
  const run = await ports.runs.get(runIdOf(ref));
  if (run === null || run.endedAt !== null) return;
  const told = outcome === 'succeeded' ? 'canceled' : outcome;
  await ports.tasks.transact((transaction) =>
    ports.runs.finish(transaction, run.id, {
      outcome: told,
      reason,
      summary,
      endedAt: ports.clock.now(),
    }),
  );
}

function ended(
  outcome: WorkResult['outcome'],
  summary: string,
  asksPerson: AttentionReason | null,
): WorkResult {
  return { outcome, reason: null, summary, commit: null, asksPerson };
}

function unproven(task: Task, seen: string | null, wanted: string): AppError {
  return new AppError({
    kind: 'unknown_outcome',
    code: 'pull_request_unproven',
    message: `The pull request of task ${task.id} does not show commit ${wanted}.`,
    next: 'Look at the pull request and its branch; somebody may have changed it.',
    details: { taskId: task.id, seen, wanted },
  });
}
