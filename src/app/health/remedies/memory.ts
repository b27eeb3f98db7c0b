import type { Clock } from '../../../lib/clock.ts';
import { collectGarbage } from '../../../lib/collect-garbage.ts';
import type { Remedy } from '../../../platform/health/healer.ts';

/** Collections of one use, and the pause between them: what held the memory may let go of it while we wait. */
const mostCollections = 5;
const pauseMs = 3000;

/**
 * Collects what nobody uses, again while memory is still tight. New runs are held back by whoever asks `isTight`, for as
 * long as it is.
 */
export function freeMemory(clock: Pick<Clock, 'sleep'>, isTight: () => boolean): Remedy {
  return {
    name: 'free_memory',
    check: 'process_memory',
    act: async (signal) => {
      const before = process.memoryUsage.rss();
      for (let collections = 1; ; collections += 1) {
        collectGarbage();
        if (collections === mostCollections || !isTight()) break;
        await clock.sleep(pauseMs, signal);
      }
      const freed = Math.round((before - process.memoryUsage.rss()) / 2 ** 20);
      return `Collected garbage (${freed} MB came back to the system); no run is started while memory is tight.`;
    },
  };
}
