import { toAppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';

/** Waits between tries, in milliseconds: under four minutes together. */
const waits = [2_000, 10_000, 40_000, 160_000] as const;

/** Tries again what may pass by itself, five times at most, so that finished work is not thrown away for a hiccup. */
export async function persist<T>(
  ports: { readonly clock: Clock },
  body: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (const wait of waits) {
    try {
      return await body();
    } catch (thrown) {
      if (!mayPass(thrown) || signal?.aborted === true) throw thrown;
      await ports.clock.sleep(wait, signal);
    }
  }
  return body();
}

/** Whether an error may be gone on the next try: the other side was away, or somebody was faster. */
export function mayPass(thrown: unknown): boolean {
  const { kind, code } = toAppError(thrown);
  if (code === 'task_changed') return true;
  return ['unavailable', 'timeout', 'rate_limited', 'unauthenticated', 'unknown_outcome'].includes(
    kind,
  );
}
