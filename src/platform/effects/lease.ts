import type { Clock } from '../../lib/clock.ts';

/** A hold on an intent that keeps itself alive. */
export interface Lease {
  /** Asked right before a write: false once the lease may have run out, also after this process was stopped for a while. */
  stillOurs(): boolean;
  /** Stops keeping it alive. */
  end(): void;
}

export interface LeaseOptions {
  readonly leaseMs: number;
  readonly clock: Clock;
  /** Extends it in the database; false when another process has it. */
  renew(): Promise<boolean>;
  /** A renewal failed; the next one may work. */
  onTrouble(error: unknown): void;
}

/** A reading of both local clocks: neither may say that the lease ran out (one stands still while a machine sleeps). */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export function momentOf(clock: Clock): Moment {
  return { monotonicMs: clock.monotonicMs(), wallMs: clock.now().getTime() };
}

/** Keeps a lease that was asked for at `since`, so that our end of it comes before the database's. */
export function keepLease(since: Moment, options: LeaseOptions): Lease {
  const { clock, leaseMs } = options;
  const stop = new AbortController();
  let held: Moment | null = since;
  const renewing = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(leaseMs / 3, stop.signal);
      const asked = momentOf(clock);
      try {
        held = (await options.renew()) ? asked : null;
      } catch (error) {
        options.onTrouble(error);
      }
    }
  })();
  renewing.catch((error: unknown) => {
    if (!stop.signal.aborted) options.onTrouble(error);
  });
  return {
    stillOurs: () => held !== null && elapsedMs(held, clock) < leaseMs,
    end: () => stop.abort(),
  };
}

function elapsedMs(since: Moment, clock: Clock): number {
  const now = momentOf(clock);
  return Math.max(now.monotonicMs - since.monotonicMs, now.wallMs - since.wallMs);
}
