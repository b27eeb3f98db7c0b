import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../../../lib/clock.ts';
import type { Remedy } from '../../../platform/health/healer.ts';

/** Collections of one use, and the pause between them: what held the memory may let go of it while we wait. */
const mostCollections = 5;
const pauseMs = 3000;

/**
 * Collects what nobody uses, again while memory is still tight. New runs are held back by whoever asks `isTight`, for as
 * long as it is.
 */
export function collectGarbage(clock: Pick<Clock, 'sleep'>, isTight: () => boolean): Remedy {
  return {
    name: 'free_memory',
    check: 'process_memory',
    act: async (signal) => {
      const before = process.memoryUsage.rss();
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      for (let collections = 1; ; collections += 1) {
        collect();
        if (collections === mostCollections || !isTight()) break;
        await clock.sleep(pauseMs, signal);
      }
      const freed = Math.round((before - process.memoryUsage.rss()) / 2 ** 20);
      return `Collected garbage (${freed} MB came back to the system); no run is started while memory is tight.`;
    },
  };
}
