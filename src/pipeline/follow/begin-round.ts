import type { Task } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import { toAppError } from '../../lib/app-error.ts';
import { verifyApproval, voidApproval } from '../approve/verify-approval.ts';
import type { DispatchPorts } from '../dispatch.ts';
import { holdOf, overCap } from '../dispatch.ts';
import { runIdOf } from '../execute/attempt.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import { type Feedback, feedbackOf } from './feedback.ts';
import { handOver } from './hand-over.ts';
import {
  isHandled,
  type RoundOrder,
  type RoundRef,
  roundKeys,
  roundsOf,
  roundWorkflowIdOf,
} from './round.ts';

type Ports = PipelinePorts & DispatchPorts;

/**
 * Takes a task back from its review into work, under the approval that it has: the pull request is looked at again,
 * the approval is checked again, the money reserved. Answers null when there is nothing to do now. Repeating it in the
 * workflow that began answers the same order.
 */
export async function beginRound(ports: Ports, ref: RoundRef): Promise<RoundOrder | null> {
  const task = await ports.tasks.get(ref.taskId);
  if (task === null || task.pullRequest === null) return null;
  const { headSha, branch } = task.pullRequest;
  if (headSha !== ref.headSha) return null;
  const order = (attempt: number, { text, threads }: Feedback): RoundOrder => {
    const { kind } = ref;
    return { attempt, kind, branch, headSha, feedback: text, threads };
  };
  const begun = await begunHere(ports, task, ref);
  if (begun !== null) {
    const lost = { text: 'What was said is not told any more.', threads: [], demands: [] };
    return order(begun, (await feedbackOf(ports, task, ref)) ?? lost);
  }
  if (task.state !== 'in_review') return null;
  if (isHandled(await ports.tasks.notes(task.id), ref)) return null;
  if ((await holdOf(ports, task)) !== null) return noteRound(ports, task, 'round_waits');
  const seen = await ports.host(task.target.host).pullRequest(task.target, task.pullRequest.number);
  if (seen?.state !== 'open' || seen.headSha !== headSha) return null;
  const feedback = await feedbackOf(ports, task, ref);
  if (feedback === null) return noteRound(ports, task, 'round_void', 'Nothing is wanted any more.');
  const standing = await verifyApproval(ports, task);
  if (!standing.stands) {
    await voidApproval(ports, task, standing);
    return null;
  }
  const rounds = roundsOf(await ports.tasks.notes(task.id));
  const most = ports.settings.maxRounds();
  if (rounds.length >= most) {
    await usedUp(
      ports,
      task,
      rounds.map(({ text }) => text),
      ref,
    );
    return null;
  }
  const said = `Round ${rounds.length + 1} of ${most}: ${reasonOf(ref)}, continued under the approval of ${standing.approval.actor}.`;
  const attempt = await start(ports, task, ref, { said, feedback, approval: standing.approval });
  return attempt === null ? null : order(attempt, feedback);
}

/** A start that failed: it waits a while and begins under a new id. */
export async function noteFailedRound(ports: Ports, ref: RoundRef, thrown: unknown): Promise<null> {
  const task = await ports.tasks.get(ref.taskId);
  if (task?.state !== 'in_review') return null;
  return noteRound(ports, task, 'start_failed', toAppError(thrown).message);
}

async function begunHere(ports: Ports, task: Task, ref: RoundRef): Promise<number | null> {
  if (task.state !== 'running') return null;
  const run = await ports.runs.get(runIdOf({ taskId: task.id, attempt: task.attempt }));
  const notes = await ports.tasks.notes(task.id);
  const isOurs = notes.some(({ key }) => key === roundKeys.begun(task.attempt, ref));
  return isOurs && run?.workflowId === roundWorkflowIdOf(ref) ? task.attempt : null;
}

function reasonOf({ kind, headSha }: RoundRef): string {
  const at = headSha.slice(0, 10);
  return kind === 'ci' ? `checks failed at ${at}` : `changes were requested at ${at}`;
}

async function usedUp(
  ports: Ports,
  task: Task,
  rounds: readonly string[],
  ref: RoundRef,
): Promise<void> {
  const text = `${rounds.length} rounds are used up and still ${reasonOf(ref)}: ${task.pullRequest?.url ?? ''}. ${rounds.join(' ')} Mend and merge it by hand, close it, or retry the task from the start.`;
  const event = { type: 'changes_wanted', roundsLeft: false } as const;
  await handOver(ports, task, 'rounds_used_up', text, { event });
}

async function start(
  ports: Ports,
  task: Task,
  ref: RoundRef,
  under: {
    readonly said: string;
    readonly feedback: Feedback;
    readonly approval: { readonly actor: string; readonly contentHash: string };
  },
): Promise<number | null> {
  const next = transition(task.state, { type: 'changes_wanted', roundsLeft: true });
  if (!next.ok) return null;
  const attempt = task.attempt + 1;
  const at = ports.clock.now();
  const correlationId = ports.correlationId();
  const agent = ports.agents(task.agent);
  const { budget } = ports.settings.policyOf(task.target);
  const { said, feedback, approval } = under;
  const facts = { attempt, kind: ref.kind, headSha: ref.headSha, approver: approval.actor };
  const held = await ports.tasks.transact(async (transaction) => {
    const full = overCap(ports.settings, task, await ports.tasks.atWork(transaction));
    if (full !== null) return full;
    await ports.tasks.update(transaction, task, { state: next.state, attempt, note: said });
    await ports.runs.insert(transaction, {
      id: runIdOf({ taskId: task.id, attempt }),
      taskId: task.id,
      attempt,
      agent: task.agent,
      sandbox: null,
      baseCommit: null,
      startedAt: at,
      endedAt: null,
      outcome: null,
      reason: null,
      summary: null,
      usage: null,
      costUsd: agent === null || agent.cost === 'free' ? 0 : budget.perRunUsd,
      checks: [],
      patch: null,
      correlationId,
      workflowId: roundWorkflowIdOf(ref),
    });
    const note = { taskId: task.id, at, text: said };
    const key = roundKeys.begun(attempt, ref);
    await ports.tasks.addNote(transaction, { ...note, code: 'round_begun', key });
    for (const id of feedback.demands) {
      const taken = { ...note, code: 'remark_taken_up', key: roundKeys.remark(id, attempt) };
      await ports.tasks.addNote(transaction, taken);
    }
    await ports.audit.record(transaction, {
      event: 'agent.start',
      outcome: 'begun',
      actor: pipelineActor,
      target: task.id,
      correlationId,
      facts: {
        ...facts,
        agent: task.agent,
        contentHash: approval.contentHash,
        continued: true,
        ...ports.sealing,
      },
    });
    return null;
  });
  return held === null ? attempt : noteRound(ports, task, 'round_waits');
}

/** Writes down why a round does not begin now; the new version lets it begin later under a new id. */
async function noteRound(ports: Ports, task: Task, code: string, why?: string): Promise<null> {
  const text = why ?? 'A round waits until work may start here again.';
  await ports.tasks.transact(async (transaction) => {
    const moved = await ports.tasks.update(transaction, task, { note: text });
    const key = `round-start:${moved.version}`;
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at: ports.clock.now(),
      code,
      text,
      key,
    });
  });
  return null;
}
