import type { EffectRequest } from '../../domain/effect.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import type { Task } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import { settleAll } from '../settle.ts';
import { refreshProposal, saysOther } from './refresh-proposal.ts';

type Ports = Pick<
  PipelinePorts,
  | 'host'
  | 'tasks'
  | 'findings'
  | 'effects'
  | 'audit'
  | 'settings'
  | 'secrets'
  | 'correlationId'
  | 'clock'
  | 'log'
>;

/**
 * Keeps proposals in step with their findings: gone from the base branch closes the issue and names the commit,
 * back again reopens the same issue, other words in the comment rewrite it. A rejected proposal stays as it is.
 */
export async function followFindings(
  ports: Ports,
  target: RepositoryRef,
  commit: string | null,
): Promise<readonly Task[]> {
  const moved: Task[] = [];
  const tasks = await ports.tasks.list({
    states: ['proposed', 'approved', 'needs_attention', 'failed', 'resolved'],
    target,
  });
  for (const task of tasks) {
    if (task.origin.kind !== 'finding') continue;
    const finding = await ports.findings.get(task.origin.findingId);
    if (finding === null) continue;
    if (finding.status === 'fixed' && task.state !== 'resolved') {
      moved.push(await close(ports, task, commit));
    } else if (finding.status === 'open' && task.state === 'resolved') {
      moved.push(await reopen(ports, task));
    } else if (task.state === 'proposed' && finding.status === 'open' && saysOther(task, finding)) {
      moved.push(await refreshProposal(ports, task, finding));
    }
  }
  return moved;
}

async function close(ports: Ports, task: Task, commit: string | null): Promise<Task> {
  const where = commit === null ? '' : ` at commit ${commit}`;
  const text = `The place that led to this proposal is gone from the base branch${where}. Closed without work.`;
  return move(ports, task, { type: 'finding_gone' }, text, 'closed', 'completed');
}

async function reopen(ports: Ports, task: Task): Promise<Task> {
  const text = 'The place that led to this proposal is back on the base branch. Opened again.';
  return move(ports, task, { type: 'finding_back' }, text, 'open', null);
}

async function move(
  ports: Ports,
  task: Task,
  event: { readonly type: 'finding_gone' | 'finding_back' },
  text: string,
  state: 'open' | 'closed',
  reason: 'completed' | null,
): Promise<Task> {
  const next = transition(task.state, event);
  if (!next.ok) return task;
  const manager = ports.settings.managerOf(task.target);
  let moved = task;
  const intents = await ports.tasks.transact(async (transaction) => {
    moved = await ports.tasks.update(transaction, task, {
      state: next.state,
      note: text,
      attention: null,
    });
    if (next.state !== 'proposed') {
      await ports.tasks.voidApproval(transaction, task.id, ports.clock.now(), 'finding_gone');
    }
    await ports.audit.record(transaction, {
      event: 'proposal.moved',
      outcome: 'ok',
      actor: pipelineActor,
      target: task.id,
      correlationId: ports.correlationId(),
      facts: { from: task.state, to: next.state },
    });
    if (task.issueNumber === null) return [];
    // The version makes each closing and reopening a write of its own.
    const base = {
      repository: manager,
      taskId: task.id,
      attempt: task.attempt,
      ordinal: moved.version,
    };
    const requests: EffectRequest[] = [
      { ...base, kind: 'comment', payload: { number: task.issueNumber, body: text } },
      {
        ...base,
        kind: 'set_issue_state',
        payload: { number: task.issueNumber, state, ...(reason === null ? {} : { reason }) },
      },
    ];
    return ports.effects.intend(transaction, requests);
  });
  await settleAll(ports, intents);
  return moved;
}
