import { setTimeout as delay } from 'node:timers/promises';

/** Time as an argument, so that nothing in the product reads the wall clock by itself. */
export interface Clock {
  now(): Date;
  /** Milliseconds that never go back, for durations. */
  monotonicMs(): number;
  /** Waits; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  },
};
