import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Random } from '../../lib/random.ts';

export interface Periodic {
  readonly name: string;
  readonly everyMs: number;
  /** May answer another pause until the next time. */
  readonly work: () => Promise<number | void>;
}

export interface PeriodicDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Runs the work now, then after each pause of `everyMs` ± 10 %; never twice at once. The answer stops it and waits for the end. */
export function startPeriodic(
  { name, everyMs, work }: Periodic,
  { clock, random, log }: PeriodicDeps,
): () => Promise<void> {
  const stop = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      let wantedMs = everyMs;
      try {
        wantedMs = (await work()) ?? everyMs;
      } catch (error) {
        log.error({ schedule: name, error }, 'Scheduled work failed.');
      }
      const pauseMs = wantedMs * (0.9 + 0.2 * random.fraction());
      await clock.sleep(pauseMs, stop.signal).catch(() => undefined);
    }
  };
  const looping = loop();
  return async () => {
    stop.abort();
    await looping;
  };
}
