import type { Task } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import { verifyApproval, voidApproval } from '../approve/verify-approval.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import type { AttemptRef } from './attempt.ts';
import { runIdOf } from './attempt.ts';

type Ports = Omit<PipelinePorts, 'workspaces' | 'runner' | 'commands' | 'secrets'>;

/**
 * Takes an approved task into work: looks at the base branch once more, checks the approval once more, reserves the
 * money and writes the run, all before anything starts. Answers false when the task is not to be done (the reason is
 * on the task). Repeating it for an attempt that already began answers true.
 */
export async function begin(ports: Ports, ref: AttemptRef): Promise<boolean> {
  const before = await ports.tasks.get(ref.taskId);
  if (before === null) return false;
  if (before.state === 'running' && before.attempt === ref.attempt) return true;
  if (before.state !== 'approved' || before.attempt !== ref.attempt - 1) return false;
  await ports.lookAgain(before.target);
  const task = await ports.tasks.get(ref.taskId);
  if (task === null || task.state !== 'approved') return false;
  if (await evidenceChanged(ports, task)) return false;
  const standing = await verifyApproval(ports, task);
  if (!standing.stands) {
    await voidApproval(ports, task, standing);
    return false;
  }
  await start(ports, task, ref, standing.approval.actor);
  return true;
}

/** Writes down that a start failed; `dispatch` leaves the task alone for a while after that. */
export async function noteFailedStart(ports: Ports, ref: AttemptRef, why: string): Promise<void> {
  const task = await ports.tasks.get(ref.taskId);
  if (task === null || task.state !== 'approved') return;
  await ports.tasks.transact(async (transaction) => {
    const moved = await ports.tasks.update(transaction, task, { note: `could not start: ${why}` });
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at: ports.clock.now(),
      code: 'start_failed',
      text: why,
      key: `start:${moved.version}`,
    });
  });
}

async function start(ports: Ports, task: Task, ref: AttemptRef, approver: string): Promise<void> {
  const next = transition(task.state, { type: 'start' });
  if (!next.ok) return;
  const agent = ports.agents(task.agent);
  const { budget } = ports.settings.policyOf(task.target);
  await ports.tasks.transact(async (transaction) => {
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
      baseCommit: null,
      startedAt: ports.clock.now(),
      endedAt: null,
      outcome: null,
      reason: null,
      summary: null,
      usage: null,
      costUsd: agent === null || agent.cost === 'free' ? 0 : budget.perRunUsd,
      checks: [],
      patch: null,
      correlationId: ports.correlationId(),
    });
    await ports.audit.record(transaction, {
      event: 'agent.start',
      outcome: 'begun',
      actor: pipelineActor,
      target: task.id,
      correlationId: ports.correlationId(),
      facts: { attempt: ref.attempt, agent: task.agent, approver, contentHash: task.contentHash },
    });
  });
}

/** The finding's words changed since the proposal: the approval was for other work, so a person is asked again. */
async function evidenceChanged(ports: Ports, task: Task): Promise<boolean> {
  if (task.origin.kind !== 'finding') return false;
  const finding = await ports.findings.get(task.origin.findingId);
  if (finding === null || finding.status !== 'open') return false;
  if (finding.fingerprint === task.origin.fingerprint || finding.text === '') return false;
  if (task.proposal.body.includes(finding.text)) return false;
  await voidApproval(ports, task, {
    stands: false,
    code: 'approval_void_evidence',
    text: `The comment in the code now says something else: "${finding.text}".`,
  });
  return true;
}
