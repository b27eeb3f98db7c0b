import type { Clock } from '../../src/lib/clock.ts';

/** Time that passes only when it is told to, or when somebody sleeps; each reading is a millisecond later. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** How long each sleeper wanted to sleep, in order. */
  readonly slept: readonly number[];
}

export function createManualClock(start = Date.parse('2026-03-02T10:00:00Z')): ManualClock {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => {
      now += 1;
      return new Date(now);
    },
    monotonicMs: () => now - start,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
      await Promise.resolve();
    },
    advance: (ms) => {
      now += ms;
    },
  };
}
