import type { Task } from '../../domain/task.ts';
import { toAppError } from '../../lib/app-error.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';

/**
 * Whether the place that led to the task went away from the base branch while the agent worked; answers the words for
 * a person. A look that fails costs no finished work: what is known already decides then.
 */
export async function findingGone(
  ports: Pick<PipelinePorts, 'findings' | 'lookAgain' | 'log'>,
  task: Task,
): Promise<string | null> {
  if (task.origin.kind !== 'finding') return null;
  try {
    await ports.lookAgain(task.target, task.origin.rule);
  } catch (thrown) {
    const error = toAppError(thrown);
    ports.log.warn('the base branch could not be looked at again', { error });
  }
  const finding = await ports.findings.get(task.origin.findingId);
  if (finding?.status !== 'fixed') return null;
  return 'While the agent worked, the place that led to this task went away from the base branch. Its work is kept with the task (`tasks show` prints it); cancel the task, or put the place back and retry.';
}
