import { CircuitState, type IBreaker } from 'cockatiel';

export interface WindowOptions {
  /** Share of failures that opens it, up to 1. */
  readonly failureRatio: number;
  readonly windowMs: number;
  /** Fewer calls than this in the window never open it. */
  readonly minimumCalls: number;
  /** So many calls in the window open it as well when not one of them went well. */
  readonly allOf?: number;
}

interface Bucket {
  readonly index: number;
  calls: number;
  failures: number;
}

const bucketsInWindow = 30;

/**
 * Counts the calls of the last window for a circuit breaker of the library. The library's own sampling goes on counting
 * failures from long ago when few calls come.
 */
export function createWindowBreaker(options: WindowOptions, nowMs: () => number): IBreaker {
  const { failureRatio, windowMs, minimumCalls, allOf = Infinity } = options;
  const sizeMs = windowMs / bucketsInWindow;
  let buckets: Bucket[] = [];
  const count = (failed: boolean): void => {
    const index = Math.floor(nowMs() / sizeMs);
    buckets = buckets.filter((bucket) => bucket.index > index - bucketsInWindow);
    let last = buckets.at(-1);
    if (last?.index !== index) {
      last = { index, calls: 0, failures: 0 };
      buckets.push(last);
    }
    last.calls += 1;
    if (failed) last.failures += 1;
  };
  return {
    // A breaker that starts anew has seen nothing; what is open is kept elsewhere.
    get state() {
      return null;
    },
    set state(_nothing: unknown) {
      buckets = [];
    },
    success: (state) => {
      if (state === CircuitState.HalfOpen) buckets = [];
      count(false);
    },
    failure: (state) => {
      count(true);
      if (state !== CircuitState.Closed) return true;
      const calls = buckets.reduce((sum, bucket) => sum + bucket.calls, 0);
      const failures = buckets.reduce((sum, bucket) => sum + bucket.failures, 0);
      const isMany = calls >= minimumCalls && failures >= failureRatio * calls;
      return isMany || (calls >= allOf && failures === calls);
    },
  };
}
