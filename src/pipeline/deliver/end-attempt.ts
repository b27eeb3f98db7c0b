import type { EffectRequest } from '../../domain/effect.ts';
import type { Run } from '../../domain/run.ts';
import type { Task, TaskEvent } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import type { AttemptRef, WorkResult } from '../execute/attempt.ts';
import { current, runIdOf } from '../execute/attempt.ts';
import { isRetryable } from '../execute/classify.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import { settleAll } from '../settle.ts';
import type { DeliverPorts } from './deliver.ts';
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
  const text = told(result, next.state);
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
      facts: { outcome: result.outcome, reason: result.reason, attempt: run.attempt },
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
  if (run === null || run.endedAt !== null) return;
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
    default:
      return {
        type: 'fail',
        reason: result.reason ?? 'agent',
        retry: isRetryable(result.outcome, result.reason) && (await attemptsLeft(ports, task)),
      };
  }
}

/** Interrupted attempts cost no retry. */
async function attemptsLeft(ports: DeliverPorts, task: Task): Promise<boolean> {
  const runs = await ports.runs.ofTask(task.id);
  const spent =
    runs.filter(({ outcome }) => outcome !== null && outcome !== 'interrupted').length + 1;
  return spent < ports.settings.policyOf(task.target).budget.maxAttempts;
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
