import { channel } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';

/** One call that `monitorPerformance` saw. */
export interface Measurement {
  readonly name: string;
  readonly durationMs: number;
  readonly ok: boolean;
}

/** Counts by name since the start. */
export interface CallCount {
  readonly calls: number;
  readonly errors: number;
  readonly totalMs: number;
  readonly maxMs: number;
}

export interface PerformanceWatch {
  counts(): ReadonlyMap<string, CallCount>;
  stop(): void;
}

/** Node's own named channel: measurements reach whoever watches in this process, and cost next to nothing otherwise. */
const measurements = channel('claude-manager:performance');

/**
 * Runs a function and tells how long it took and whether it threw; answers or throws what it does. Each manager that is
 * open in this process counts it and writes it into its performance.json, with the log context of the caller.
 */
export async function monitorPerformance<T>(name: string, body: () => T | Promise<T>): Promise<T> {
  const started = performance.now();
  let ok = false;
  try {
    const answer = await body();
    ok = true;
    return answer;
  } finally {
    const measurement: Measurement = { name, durationMs: performance.now() - started, ok };
    measurements.publish(measurement);
  }
}

/** Hears of each measurement from now on; the answer stops it. */
export function watchMeasurements(listener: (measurement: Measurement) => void): () => void {
  const seen = (message: unknown): void => listener(message as Measurement);
  measurements.subscribe(seen);
  return () => {
    measurements.unsubscribe(seen);
  };
}

/** Counts what `monitorPerformance` measures from now on and logs each of it. */
export function watchPerformance(log: {
  info(message: string, facts: object): void;
  warn(message: string, facts: object): void;
}): PerformanceWatch {
  const counts = new Map<string, CallCount>();
  const seen = (message: unknown): void => {
    const { name, durationMs, ok } = message as Measurement;
    const before = counts.get(name) ?? { calls: 0, errors: 0, totalMs: 0, maxMs: 0 };
    counts.set(name, {
      calls: before.calls + 1,
      errors: before.errors + (ok ? 0 : 1),
      totalMs: before.totalMs + durationMs,
      maxMs: Math.max(before.maxMs, durationMs),
    });
    const facts = { function: name, durationMs, ok, category: 'performance' };
    if (ok) log.info('function finished', facts);
    else log.warn('function failed', facts);
  };
  measurements.subscribe(seen);
  return {
    counts: () => counts,
    stop: () => {
      measurements.unsubscribe(seen);
    },
  };
}
