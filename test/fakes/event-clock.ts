import type { Clock } from '../../src/lib/clock.ts';

/** Time that goes on to whoever sleeps for the shortest, when the test says so: sleepers pass their time beside each other. */
export interface EventClock extends Clock {
  /** Wakes the next sleeper; false when nobody sleeps. */
  wakeNext(): boolean;
  /** How many sleep now. */
  sleeping(): number;
}

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

export function createEventClock(start = Date.parse('2026-03-02T10:00:00Z')): EventClock {
  let elapsed = 0;
  const sleepers = new Set<Sleeper>();
  return {
    now: () => new Date(start + elapsed),
    monotonicMs: () => elapsed,
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        const end = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason as Error);
        };
        const sleeper: Sleeper = {
          until: elapsed + ms,
          wake: () => {
            signal?.removeEventListener('abort', end);
            sleepers.delete(sleeper);
            resolve();
          },
        };
        if (signal?.aborted === true) return end();
        signal?.addEventListener('abort', end, { once: true });
        sleepers.add(sleeper);
      }),
    wakeNext: () => {
      const [next] = [...sleepers].toSorted((one, other) => one.until - other.until);
      if (next === undefined) return false;
      elapsed = Math.max(elapsed, next.until);
      next.wake();
      return true;
    },
    sleeping: () => sleepers.size,
  };
}
