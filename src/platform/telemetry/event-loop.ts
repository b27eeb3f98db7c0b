import { performance } from 'node:perf_hooks';

/** Blocks of a second are what it is asked for, and each look wakes a process that rests. */
const everyMs = 200;

/**
 * Measures how late a timer of 200 ms comes, again and again: what blocks it blocks every answer. The listener gets
 * milliseconds; the answer stops it. It keeps no process alive.
 */
export function watchEventLoop(late: (ms: number) => void): () => void {
  let due = performance.now() + everyMs;
  const timer = setInterval(() => {
    const now = performance.now();
    late(Math.max(0, now - due));
    due = now + everyMs;
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
