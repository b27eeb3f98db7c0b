import type { EffectRequest } from '../../domain/effect.ts';
import { quotaUntil } from '../../domain/failure.ts';
import type { Transaction } from '../../domain/ports/effects.ts';
import type { Run } from '../../domain/run.ts';
import type { Task, TaskEvent } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import type { AttemptRef, WorkResult } from '../execute/attempt.ts';
import { current, runIdOf } from '../execute/attempt.ts';
import { isRetryable, mayTryAgain, runsThatCount } from '../execute/next-try.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import { settleAll } from '../settle.ts';
import type { DeliverPorts } from './deliver.ts';
import { taskReceipt } from './receipt.ts';
import { inert } from './report.ts';

/** Ends an attempt that led to no pull request: the state, the run, and what people are told. */
export async function endAttempt(
  ports: DeliverPorts,
  ref: AttemptRef,
  result: WorkResult,
): Promise<void> {
  const now = await current(ports, ref);
  if (now === null) return endRunAlone(ports, ref, result);
  const { task, run } = now;
  const event = await eventFor(ports, task, result);
  const next = transition(task.state, event);
  if (!next.ok) return;
  const text = `${told(result, next.state)}\n\n${await taskReceipt(ports, task)}`;
  const story = next.attention === 'attempts_used_up' ? await storyOf(ports, task, result) : null;
  const intents = await ports.tasks.transact(async (transaction) => {
    await ports.runs.finish(transaction, run.id, {
      outcome: result.outcome,
      reason: result.reason,
      summary: result.summary,
      endedAt: ports.clock.now(),
      ...(result.outcome === 'interrupted'
        ? { costUsd: run.usage === null ? 0 : run.costUsd }
        : {}),
    });
    await ports.audit.record(transaction, {
      event: 'agent.exit',
      outcome: result.outcome === 'no_change' ? 'ok' : 'failed',
      actor: pipelineActor,
      target: task.id,
      correlationId: run.correlationId,
      facts: {
        outcome: result.outcome,
        reason: result.reason,
        attempt: run.attempt,
        ...(result.errors === undefined ? {} : { errors: result.errors }),
      },
    });
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at: ports.clock.now(),
      code:
        result.reason === null || result.outcome !== 'failed'
          ? result.outcome
          : `failed_${result.reason}`,
      text: result.summary,
      key: `run:${run.id}`,
    });
    if (story !== null) {
      await ports.tasks.addNote(transaction, {
        taskId: task.id,
        at: ports.clock.now(),
        code: 'attempts_used_up',
        text: story,
        key: `dead:${run.id}`,
      });
    }
    if (result.reason === 'model_quota') await rest(ports, transaction, run.agent, result);
    await ports.tasks.update(transaction, task, {
      state: next.state,
      attention: next.attention,
      note: result.summary,
    });
    return ports.effects.intend(transaction, effectsFor(ports, task, run, next.state, text));
  });
  await settleAll(ports, intents);
}

/** The task went another way meanwhile (canceled, approval void): the run ends, the task stays where it is. */
async function endRunAlone(
  ports: DeliverPorts,
  ref: AttemptRef,
  result: WorkResult,
): Promise<void> {
  const run = await ports.runs.get(runIdOf(ref));
  if (run === null) return;
  await quarantine(ports, null, run, result.outcome);
  if (run.endedAt !== null) return;
  await ports.tasks.transact((transaction) =>
    ports.runs.finish(transaction, run.id, {
      outcome: result.outcome === 'succeeded' ? 'canceled' : result.outcome,
      reason: result.reason,
      summary: result.summary,
      endedAt: ports.clock.now(),
      ...(run.usage === null && result.outcome === 'interrupted' ? { costUsd: 0 } : {}),
    }),
  );
}

/** Work that came too late stays with its run as a patch and goes nowhere; that it came is written down. */
export async function quarantine(
  ports: Pick<DeliverPorts, 'audit'>,
  transaction: Transaction | null,
  run: Run,
  outcome: WorkResult['outcome'],
): Promise<void> {
  if (run.patch === null || run.patch === '') return;
  await ports.audit.record(transaction, {
    event: 'run.result_quarantined',
    outcome: 'refused',
    actor: pipelineActor,
    target: run.taskId,
    correlationId: run.correlationId,
    facts: { run: run.id, attempt: run.attempt, outcome },
  });
}

async function eventFor(ports: DeliverPorts, task: Task, result: WorkResult): Promise<TaskEvent> {
  if (result.reason === 'conflict' || result.reason === 'unknown_outcome') {
    return { type: 'need_attention', reason: result.reason };
  }
  switch (result.outcome) {
    case 'no_change':
      return { type: 'no_change' };
    case 'interrupted':
      return { type: 'interrupt' };
    case 'canceled':
      return { type: 'cancel' };
    case 'blocked_by_policy':
      return { type: 'need_attention', reason: result.asksPerson ?? 'blocked_by_policy' };
    default: {
      if (result.asksPerson !== null) return { type: 'need_attention', reason: result.asksPerson };
      const again = isRetryable(result.outcome, result.reason);
      if (again && !(await attemptsLeft(ports, task, result))) {
        return { type: 'need_attention', reason: 'attempts_used_up' };
      }
      return { type: 'fail', reason: result.reason ?? 'agent', retry: again };
    }
  }
}

async function attemptsLeft(ports: DeliverPorts, task: Task, result: WorkResult): Promise<boolean> {
  const earlier = (await ports.runs.ofTask(task.id)).filter(
    ({ attempt }) => attempt < task.attempt,
  );
  const counted = runsThatCount(earlier, await ports.tasks.notes(task.id));
  return mayTryAgain(result, counted, ports.settings.policyOf(task.target).budget.maxAttempts);
}

/** The agent is asked for nothing until its quota resets, whichever task it is. */
async function rest(
  ports: DeliverPorts,
  transaction: Transaction,
  agent: string,
  { quotaResetsAt = null, summary }: WorkResult,
): Promise<void> {
  const resetsAt = quotaResetsAt === null ? null : new Date(quotaResetsAt);
  await ports.pauses.rest(transaction, {
    agent,
    until: quotaUntil(resetsAt, ports.clock.now()),
    text: summary,
  });
}

/** Every attempt with its end, oldest first, and the errors behind the last one. */
async function storyOf(ports: DeliverPorts, task: Task, result: WorkResult): Promise<string> {
  const earlier = (await ports.runs.ofTask(task.id)).filter(
    ({ attempt }) => attempt < task.attempt,
  );
  const lines = earlier.map((run) => `Attempt ${run.attempt}: ${run.summary ?? run.outcome ?? ''}`);
  const causes = (result.errors ?? []).map((line) => `  caused by ${line}`);
  return [...lines, `Attempt ${task.attempt}: ${result.summary}`, ...causes].join('\n');
}

function effectsFor(
  ports: DeliverPorts,
  task: Task,
  run: Run,
  state: Task['state'],
  text: string,
): readonly EffectRequest[] {
  if (task.issueNumber === null || state === 'approved') return [];
  const base = {
    repository: ports.settings.managerOf(task.target),
    taskId: task.id,
    attempt: run.attempt,
    ordinal: 1,
  };
  const number = task.issueNumber;
  const comment: EffectRequest = { ...base, kind: 'comment', payload: { number, body: text } };
  if (state !== 'no_change') return [comment];
  return [
    comment,
    {
      ...base,
      kind: 'set_issue_state',
      payload: { number, state: 'closed', reason: 'not_planned' },
    },
  ];
}

function told(result: WorkResult, state: Task['state']): string {
  const summary = inert(result.summary);
  if (state === 'no_change') return `No change was needed: ${summary}`;
  if (state === 'needs_attention') {
    return `This needs a person: ${summary} The work is kept with the task; \`claude-manager tasks show\` prints it.`;
  }
  return `The attempt ended as ${result.outcome.replaceAll('_', ' ')}: ${summary} \`claude-manager tasks retry\` tries again.`;
}
