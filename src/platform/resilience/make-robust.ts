import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  type IPolicy,
  noJitterGenerator,
  noop,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import { AppError } from '../../lib/app-error.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { type Random, systemRandom } from '../../lib/random.ts';
import { createRetry, type RetryOptions } from './retry.ts';
import { createWindowBreaker } from './window-breaker.ts';

/** What surrounds a call; a member that is left out is not there. */
export interface RobustOptions<Result> {
  /** Only for calls that may run twice. The one retrying layer: do not nest. */
  readonly retry?: RetryOptions;
  readonly breaker?: BreakerOptions;
  /** A breaker that is kept elsewhere, in place of one of its own. */
  readonly guard?: (call: () => Promise<Result>) => Promise<Result>;
  /** Of one try. The call goes on unobserved when it takes longer, so give it a deadline of its own as well. */
  readonly timeoutMs?: number;
  readonly bulkhead?: { readonly inFlight: number; readonly waiting?: number };
  /** Answered instead of the last error. */
  readonly fallback?: (error: unknown) => Result | Promise<Result>;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Opens at a share of failures over a window; while open, calls fail at once with AppError `circuit_open`. */
export interface BreakerOptions {
  /** Share of failures that opens it, default 0.5. */
  readonly failureRatio?: number;
  /** Default 30,000. */
  readonly windowMs?: number;
  /** Fewer calls than this in the window never open it; default 10. */
  readonly minimumCalls?: number;
  /** First wait before a probe, default 5,000; doubles with each failed probe, up to 5 minutes. */
  readonly openMs?: number;
}

/** Wraps a function: from the outside in fallback, retry, breaker, bulkhead, deadline of one try. */
export function makeRobust<Args extends readonly unknown[], Result>(
  name: string,
  call: (...args: Args) => Promise<Result>,
  options: RobustOptions<Result> = {},
): (...args: Args) => Promise<Result> {
  const { clock = systemClock, random = systemRandom, guard = once } = options;
  const policy = protection(options);
  const retry = options.retry === undefined ? once : createRetry(options.retry, clock, random);
  const tryOnce = async (args: Args): Promise<Result> => {
    try {
      return await guard(() => policy.execute(() => call(...args)));
    } catch (error) {
      throw readable(name, error);
    }
  };
  return async (...args) => {
    try {
      return await retry(() => tryOnce(args));
    } catch (error) {
      if (options.fallback === undefined) throw error;
      return options.fallback(error);
    }
  };
}

async function once<T>(attempt: () => Promise<T>): Promise<T> {
  return attempt();
}

function protection<Result>(options: RobustOptions<Result>): IPolicy {
  const parts: IPolicy[] = [noop];
  if (options.breaker !== undefined)
    parts.push(breaker(options.breaker, options.clock ?? systemClock));
  if (options.bulkhead !== undefined)
    parts.push(bulkhead(options.bulkhead.inFlight, options.bulkhead.waiting ?? 0));
  if (options.timeoutMs !== undefined)
    parts.push(timeout(options.timeoutMs, TimeoutStrategy.Aggressive));
  return wrap(...parts);
}

function breaker(options: BreakerOptions, clock: Clock): IPolicy {
  return circuitBreaker(handleWhen(speaksAgainstService), {
    halfOpenAfter: new ExponentialBackoff({
      generator: noJitterGenerator,
      initialDelay: options.openMs ?? 5000,
      maxDelay: 300_000,
    }),
    breaker: createWindowBreaker(
      {
        failureRatio: options.failureRatio ?? 0.5,
        windowMs: options.windowMs ?? 30_000,
        minimumCalls: options.minimumCalls ?? 10,
      },
      () => clock.monotonicMs(),
    ),
  });
}

/** False when another breaker kept the call back, or it got no place among those under way: that tells nothing. */
export function wentOut(error: unknown): boolean {
  if (error instanceof BulkheadRejectedError) return false;
  return !(error instanceof AppError) || !['circuit_open', 'too_busy'].includes(error.code);
}

// An answer like "not found" or "conflict" shows that the other side is well.
export function speaksAgainstService(error: unknown): boolean {
  if (!wentOut(error)) return false;
  if (!(error instanceof AppError)) return true;
  return ['unavailable', 'timeout', 'unknown_outcome', 'internal'].includes(error.kind);
}

/** The error of a call that an open breaker kept from going out; `until` when the next one is let through. */
export function circuitOpen(name: string, cause: unknown, until: Date | null = null): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'circuit_open',
    message: `${name} failed too often and is not tried for a moment.`,
    next: 'Wait, or see the health report for what is behind it.',
    details: { operation: name, ...(until === null ? {} : { until: until.toISOString() }) },
    cause,
  });
}

function readable(name: string, error: unknown): unknown {
  const details = { operation: name };
  if (error instanceof BrokenCircuitError) return circuitOpen(name, error);
  if (error instanceof BulkheadRejectedError)
    return new AppError({
      kind: 'unavailable',
      code: 'too_busy',
      message: `Too many calls of ${name} are under way.`,
      details,
      cause: error,
    });
  if (error instanceof TaskCancelledError)
    return new AppError({
      kind: 'timeout',
      code: 'deadline_passed',
      message: `${name} did not answer in time.`,
      details,
      cause: error,
    });
  return error;
}
