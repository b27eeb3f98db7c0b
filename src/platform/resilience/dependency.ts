import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { type Breakers, placeTrip, type Trip } from './breakers.ts';
import { makeRobust } from './make-robust.ts';
import { createRetry, type RetryOptions } from './retry.ts';

/** What surrounds every call of one dependency; declared once, in the configuration under `resilience`. */
export interface DependencyPolicy {
  readonly breaker: Trip;
  /** Of one try; left out where the caller ends its calls by itself. */
  readonly timeoutMs?: number;
  /** Calls of this process under way, and those that wait for a place; more are refused as `too_busy`. */
  readonly bulkhead?: { readonly inFlight: number; readonly waiting: number };
  /** Of calls that may run twice. */
  readonly retry?: RetryOptions;
}

/** Another system that we call: retry, breaker, bulkhead and deadline round each call, in this order from the outside. */
export interface Dependency {
  run<Result>(call: () => Promise<Result>, options?: CallOptions<Result>): Promise<Result>;
}

export interface CallOptions<Result> {
  /** A part of the dependency that can fail alone, such as a repository: it gets a breaker of its own. */
  readonly place?: string | null;
  /** Whether a call whose end is not known may be made again. */
  readonly mayRepeat?: boolean;
  /** Tells answers that speak against the dependency. */
  readonly failed?: (result: Result) => boolean;
}

export interface DependencyDeps {
  readonly breakers: Breakers;
  readonly clock: Clock;
  readonly random: Random;
}

export function createDependency(
  name: string,
  policy: DependencyPolicy,
  { breakers, clock, random }: DependencyDeps,
): Dependency {
  const { breaker, timeoutMs, bulkhead } = policy;
  const retry = createRetry(policy.retry ?? { attempts: 1 }, clock, random);
  const bounded = makeRobust(name, async (call: () => Promise<unknown>) => call(), {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(bulkhead === undefined ? {} : { bulkhead }),
    clock,
    random,
  });
  return {
    run: async <Result>(call: () => Promise<Result>, options: CallOptions<Result> = {}) => {
      const { place = null, mayRepeat = false, failed } = options;
      const whole = breakers.get<Result>(name, breaker, failed);
      const once = (): Promise<Result> => whole(() => bounded(call) as Promise<Result>);
      const attempt =
        place === null
          ? once
          : () => breakers.get<Result>(`${name} ${place}`, placeTrip(breaker), failed)(once);
      return mayRepeat ? retry(attempt) : attempt();
    },
  };
}
