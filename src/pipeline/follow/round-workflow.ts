import { toAppError } from '../../lib/app-error.ts';
import type { AttemptRef } from '../execute/attempt.ts';
import { work } from '../execute/work.ts';
import { persist } from '../persist.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import type { Steps } from '../workflows.ts';
import { cleanUp, deliverUnpaused, safely } from '../workflows.ts';
import { beginRound, noteFailedRound } from './begin-round.ts';
import { deliverRound, endRound } from './end-round.ts';
import type { RoundOrder, RoundRef } from './round.ts';

/**
 * The story of one round, `follow-<task>-<kind>-<head sha>`: a verdict on an open pull request is worked on once, in a
 * sealed workspace on the head that it judged, and pushed to the same branch only while that still is its head.
 */
export async function roundWorkflow(
  ports: PipelinePorts,
  steps: Steps,
  ref: RoundRef,
): Promise<string> {
  const order = await steps.step('begin', () => beginOrWait(ports, ref));
  if (order === null) return 'not_started';
  const { branch, headSha, feedback } = order;
  const attempt: AttemptRef = {
    taskId: ref.taskId,
    attempt: order.attempt,
    round: { branch, headSha, feedback },
  };
  const result = await steps.step('work', (signal) =>
    safely(ports, signal, () => work(ports, attempt, signal)),
  );
  const outcome = await steps.step('deliver', async (signal) => {
    const { commit } = result;
    const delivered =
      commit === null
        ? result
        : await safely(ports, signal, () =>
            deliverUnpaused(ports, attempt, { ...result, commit }, signal, (...given) =>
              deliverRound(given[0], given[1], order, given[2]),
            ),
          );
    if (delivered.commit === null)
      await persist(ports, () => endRound(ports, attempt, headSha, delivered));
    return delivered.outcome;
  });
  await steps.step('clean up', () => cleanUp(ports));
  return outcome;
}

async function beginOrWait(ports: PipelinePorts, ref: RoundRef): Promise<RoundOrder | null> {
  try {
    return await beginRound(ports, ref);
  } catch (thrown) {
    const error = toAppError(thrown);
    ports.log.warn('round could not start', { code: error.code, taskId: ref.taskId, error });
    return persist(ports, () => noteFailedRound(ports, ref, thrown));
  }
}
