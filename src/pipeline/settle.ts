import { toAppError } from '../lib/app-error.ts';
import type { PipelinePorts } from './pipeline-ports.ts';

/**
 * Sends what a committed change of a task wants said outside. The change stands whatever happens here: a write that
 * fails keeps its intent, which the next round settles, and does not stop the work on other tasks.
 */
export async function settleAll(
  ports: Pick<PipelinePorts, 'effects' | 'log'>,
  intents: readonly string[],
): Promise<void> {
  for (const intent of intents) {
    try {
      await ports.effects.settle(intent);
    } catch (thrown) {
      const { code, kind, message } = toAppError(thrown);
      ports.log.warn('a write outside is left for the next round', { intent, code, kind, message });
    }
  }
}

/** One thing of many that went wrong while the others went on. */
export interface Failure {
  readonly where: string;
  readonly error: unknown;
}

/** Does the same with each thing; one that fails is reported and does not stop the others. */
export async function forEachApart<T>(
  things: readonly T[],
  where: (thing: T) => string,
  body: (thing: T) => Promise<void>,
): Promise<readonly Failure[]> {
  const failed: Failure[] = [];
  for (const thing of things) {
    try {
      await body(thing);
    } catch (error) {
      failed.push({ where: where(thing), error });
    }
  }
  return failed;
}
