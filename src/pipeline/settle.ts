import type { EffectRequest } from '../domain/effect.ts';
import type { TaskStore } from '../domain/ports/stores.ts';
import { toAppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { PipelinePorts } from './pipeline-ports.ts';

/**
 * Sends what a committed change of a task wants said outside. The change stands whatever happens here: a write that
 * fails, or whose answer was lost, keeps its intent, which the next round settles, and does not stop the work on other
 * tasks; those behind it keep their order.
 */
export async function settleAll(
  ports: Pick<PipelinePorts, 'effects' | 'log'>,
  intents: readonly string[],
): Promise<void> {
  for (const intent of intents) {
    try {
      if ((await ports.effects.settleNow(intent)) === null) return;
    } catch (thrown) {
      const error = toAppError(thrown);
      ports.log.warn('a write outside is left for the next round', { intent, error });
    }
  }
}

/** One thing of many that went wrong while the others went on. */
export interface Failure {
  readonly where: string;
  readonly error: unknown;
}

/** Does the same with each thing, with so many at a time; one that fails is reported and does not stop the others. */
export async function forEachApart<T>(
  things: readonly T[],
  where: (thing: T) => string,
  body: (thing: T) => Promise<void>,
  atOnce = 1,
): Promise<readonly Failure[]> {
  const failed: Failure[] = [];
  const left = [...things];
  const takeOver = async (): Promise<void> => {
    for (let thing = left.shift(); thing !== undefined; thing = left.shift()) {
      try {
        await body(thing);
      } catch (error) {
        failed.push({ where: where(thing), error });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, takeOver));
  return failed;
}

/** A write that the host refused for good stands on its task, so that people learn why it is not there. */
export async function noteRefusedWrite(
  ports: { readonly tasks: Pick<TaskStore, 'transact' | 'addNote' | 'get'>; readonly clock: Clock },
  intent: { readonly id: string; readonly request: EffectRequest },
  message: unknown,
): Promise<void> {
  const { request } = intent;
  const why = typeof message === 'string' ? message : 'the host gave no reason.';
  // Answers to issues that never became tasks have no task to stand on.
  if ((await ports.tasks.get(request.taskId)) === null) return;
  await ports.tasks.transact((transaction) =>
    ports.tasks.addNote(transaction, {
      taskId: request.taskId,
      at: ports.clock.now(),
      code: 'write_refused',
      text: `${request.kind.replaceAll('_', ' ')} in ${request.repository.name} was refused: ${why}`,
      key: `refused:${intent.id}`,
    }),
  );
}
