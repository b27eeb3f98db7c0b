import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, systemClock } from '../../src/lib/clock.ts';

/** A clock on which every wait is over at once and has still taken its time, so that rules of seconds cost a test none. */
export function createSkippingClock(): Clock {
  let skippedMs = 0;
  return {
    now: () => new Date(systemClock.now().getTime() + skippedMs),
    monotonicMs: () => systemClock.monotonicMs() + skippedMs,
    sleep: async (ms, signal) => {
      await nextTurn();
      signal?.throwIfAborted();
      skippedMs += ms;
    },
  };
}
