import type { Task } from '../../domain/task.ts';
import { toAppError } from '../../lib/app-error.ts';
import type { AttemptRef, WorkResult } from '../execute/attempt.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';

type Ports = Pick<PipelinePorts, 'workspaces' | 'mirrors' | 'host' | 'effects'>;

/**
 * The commit of finished work lies on the machine that made it until it is pushed. When that machine is gone, answers
 * the end of the attempt: interrupted, so that it begins again at no cost of a retry, with its open writes withdrawn.
 * Null when the commit is here, or arrived.
 */
export async function lostWork(
  ports: Ports,
  task: Task,
  ref: AttemptRef,
  commit: NonNullable<WorkResult['commit']>,
): Promise<WorkResult | null> {
  if (await ports.workspaces.holds(commit)) return null;
  if (await isPushed(ports, task, commit)) return null;
  await ports.effects.withdraw({ taskId: task.id, attempt: ref.attempt });
  return {
    outcome: 'interrupted',
    reason: null,
    summary:
      'The change lay on a machine that is gone before it was pushed; the work begins again.',
    commit: null,
    asksPerson: null,
  };
}

async function isPushed(
  ports: Ports,
  { target }: Task,
  { branch, sha }: NonNullable<WorkResult['commit']>,
): Promise<boolean> {
  const remote = await ports.host(target.host).remote(target);
  try {
    return (await ports.mirrors.refresh(target, remote, branch)).commit === sha;
  } catch (thrown) {
    if (toAppError(thrown).code === 'branch_not_found') return false;
    throw thrown;
  }
}
