import { endAttempt, quarantine } from '../deliver/end-attempt.ts';
import { endRound } from '../follow/end-round.ts';
import { isRound } from '../follow/round.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import type { AttemptRef } from './attempt.ts';

/**
 * Runs that nobody works on any more, because their workflow was canceled or lost: their task goes on or has ended
 * already, and the run says so. A run whose workflow waits to be taken over is at work and left alone.
 */
export async function repairRuns(
  ports: PipelinePorts,
  isAtWork: (ref: AttemptRef) => Promise<boolean>,
): Promise<number> {
  let repaired = 0;
  for (const run of await ports.runs.live()) {
    if (await isAtWork(run)) continue;
    repaired += 1;
    const task = await ports.tasks.get(run.taskId);
    if (task?.state === 'running' && task.attempt === run.attempt) {
      const lost = {
        outcome: 'interrupted',
        reason: null,
        summary: 'The process that worked on it ended; it starts again.',
        commit: null,
        asksPerson: null,
      } as const;
      const wasRound = isRound(await ports.tasks.notes(task.id), run.attempt);
      if (wasRound) await endRound(ports, run, task.pullRequest?.headSha ?? '', lost);
      else await endAttempt(ports, run, lost);
      continue;
    }
    const outcome = task?.state === 'canceled' ? 'canceled' : 'interrupted';
    await ports.tasks.transact(async (transaction) => {
      await ports.runs.finish(transaction, run.id, {
        outcome,
        summary: `The task was ${task?.state ?? 'removed'} meanwhile.`,
        endedAt: ports.clock.now(),
      });
      await quarantine(ports, transaction, run, outcome);
    });
  }
  return repaired;
}
