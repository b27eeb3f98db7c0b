import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Remedy } from '../../../platform/health/healer.ts';

/** Collects what nobody uses. New runs are held back by whoever asks `isTight`, for as long as it is. */
export function collectGarbage(): Remedy {
  return {
    name: 'free_memory',
    check: 'process_memory',
    act: async () => {
      const before = process.memoryUsage().rss;
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      collect();
      const freed = Math.round((before - process.memoryUsage().rss) / 2 ** 20);
      return `Collected garbage (${freed} MB came back to the system); no run is started while memory is tight.`;
    },
  };
}
