import type { Task } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import { toAppError } from '../../lib/app-error.ts';
import { verifyApproval, voidApproval } from '../approve/verify-approval.ts';
import { holdOf, overBudget, overCap } from '../dispatch.ts';
import { isHeldBack, mayPass } from '../persist.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import { refreshProposal, saysOther } from '../propose/refresh-proposal.ts';
import type { AttemptRef } from './attempt.ts';
import { runIdOf, workflowIdOf } from './attempt.ts';
import { failedStarts, startRule } from './next-try.ts';

type Ports = Omit<PipelinePorts, 'workspaces' | 'runner' | 'commands'>;

/**
 * Takes an approved task into work: looks at the base branch once more, checks the approval once more, reserves the
 * money and writes the run, all before anything starts. Answers false when the task is not to be done now (the reason
 * is on the task). Repeating it in the workflow that began answers true; a second workflow of the attempt is refused.
 */
export async function begin(ports: Ports, ref: AttemptRef): Promise<boolean> {
  const before = await ports.tasks.get(ref.taskId);
  if (before === null) return false;
  if (before.state === 'running' && before.attempt === ref.attempt) {
    const run = await ports.runs.get(runIdOf(ref));
    return run?.workflowId === workflowIdOf(ref);
  }
  if (before.state !== 'approved' || before.attempt !== ref.attempt - 1) return false;
  return startIfSound(ports, before, ref);
}

/**
 * Writes down that a start failed: what may pass is tried again after a while, anything else asks a person, and so does
 * what never passes. A start that a breaker or a limit held back was none.
 */
export async function noteFailedStart(
  ports: Ports,
  ref: AttemptRef,
  thrown: unknown,
): Promise<void> {
  const { code, message, next } = toAppError(thrown);
  if (code === 'task_changed') return;
  const task = await ports.tasks.get(ref.taskId);
  if (task === null || task.state !== 'approved') return;
  const text = next === undefined ? message : `${message} ${next}`;
  if (isHeldBack(thrown)) {
    const held = code === 'circuit_open' ? 'breaker_open' : 'rate_limited';
    return note(ports, task, held, text);
  }
  const failed = failedStarts(await ports.runs.ofTask(task.id), await ports.tasks.notes(task.id));
  const isLeft = mayPass(thrown) && failed.length + 1 < startRule.ceiling;
  const asked = transition(task.state, { type: 'need_attention', reason: 'cannot_start' });
  const change = isLeft || !asked.ok ? {} : { state: asked.state, attention: asked.attention };
  await note(ports, task, 'start_failed', text, change);
}

/** Looking through a large repository takes longer; what was taken back meanwhile is seen by reading again. */
const approvalFreshMs = 1000;

async function startIfSound(ports: Ports, before: Task, ref: AttemptRef): Promise<boolean> {
  const { origin, target } = before;
  const readAtMs = ports.clock.monotonicMs();
  // Neither needs what the other reads, and a person waits for both.
  const [seen] = await Promise.all([
    verifyApproval(ports, before),
    origin.kind === 'finding' ? ports.lookAgain(target, origin.rule) : undefined,
  ]);
  const task = await ports.tasks.get(ref.taskId);
  if (task === null || task.state !== 'approved') return false;
  const held = await holdOf(ports, task);
  if (held !== null) {
    await note(ports, task, held.code, held.text);
    return false;
  }
  if (await evidenceChanged(ports, task)) return false;
  const isFresh =
    task.version === before.version && ports.clock.monotonicMs() - readAtMs < approvalFreshMs;
  const standing = isFresh ? seen : await verifyApproval(ports, task);
  if (!standing.stands) {
    await voidApproval(ports, task, standing);
    return false;
  }
  return start(ports, task, ref, standing.approval.actor);
}

async function start(
  ports: Ports,
  task: Task,
  ref: AttemptRef,
  approver: string,
): Promise<boolean> {
  const next = transition(task.state, { type: 'start' });
  if (!next.ok) return false;
  const agent = ports.agents(task.agent);
  const { budget } = ports.settings.policyOf(task.target);
  const isPaid = agent !== null && agent.cost !== 'free';
  const held = await ports.tasks.transact(async (transaction) => {
    const full = overCap(ports.settings, task, await ports.tasks.atWork(transaction));
    if (full !== null) return full;
    if (isPaid) {
      const scope = { taskId: task.id, target: task.target, now: ports.clock.now() };
      const over = overBudget(await ports.runs.spending(transaction, scope), budget);
      if (over !== null) return over;
    }
    await ports.tasks.update(transaction, task, {
      state: next.state,
      attempt: ref.attempt,
      note: `attempt ${ref.attempt} with ${task.agent}`,
    });
    await ports.runs.insert(transaction, {
      id: runIdOf(ref),
      taskId: task.id,
      attempt: ref.attempt,
      agent: task.agent,
      sandbox: null,
      baseCommit: null,
      startedAt: ports.clock.now(),
      endedAt: null,
      outcome: null,
      reason: null,
      summary: null,
      usage: null,
      costUsd: isPaid ? budget.perRunUsd : 0,
      checks: [],
      patch: null,
      correlationId: ports.correlationId(),
      workflowId: workflowIdOf(ref),
    });
    await ports.audit.record(transaction, {
      event: 'agent.start',
      outcome: 'begun',
      actor: pipelineActor,
      target: task.id,
      correlationId: ports.correlationId(),
      facts: {
        attempt: ref.attempt,
        agent: task.agent,
        approver,
        contentHash: task.contentHash,
        ...ports.sealing,
      },
    });
    return null;
  });
  if (held !== null) await note(ports, task, held.code, held.text);
  return held === null;
}

/** The finding's words changed since the proposal: the approval was for other work, so a person is asked about these. */
async function evidenceChanged(ports: Ports, task: Task): Promise<boolean> {
  if (task.origin.kind !== 'finding') return false;
  const finding = await ports.findings.get(task.origin.findingId);
  if (finding === null || finding.status !== 'open' || !saysOther(task, finding)) return false;
  const waiting = await voidApproval(ports, task, {
    stands: false,
    code: 'approval_void_evidence',
    text: 'The comment in the code says something else by now, and the proposal above with it.',
  });
  await refreshProposal(ports, waiting, finding);
  return true;
}

async function note(
  ports: Ports,
  task: Task,
  code: string,
  text: string,
  change: Partial<Task> = {},
): Promise<void> {
  await ports.tasks.transact(async (transaction) => {
    const moved = await ports.tasks.update(transaction, task, { note: text, ...change });
    const key = `start:${moved.version}`;
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at: ports.clock.now(),
      code,
      text,
      key,
    });
  });
}
