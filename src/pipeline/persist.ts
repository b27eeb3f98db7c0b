import { toAppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';

/** Waits between tries, in milliseconds: under four minutes together. */
const waits = [2_000, 10_000, 40_000, 160_000] as const;
/** Longest wait for what names the moment from which it may go on, all together and at a time; to ask it costs nothing. */
const namedMs = { together: 900_000, atATime: 10_000 };

/**
 * Tries again what may pass by itself, five times at most, so that finished work is not thrown away for a hiccup. What a
 * breaker or a limit kept from going out was not tried: it is waited for.
 */
export async function persist<T>(
  ports: { readonly clock: Clock },
  body: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const { clock } = ports;
  let tried = 0;
  let waitedMs = 0;
  for (;;) {
    try {
      return await body();
    } catch (thrown) {
      if (!mayPass(thrown) || signal?.aborted === true) throw thrown;
      const named = notTriedUntil(thrown, clock);
      if (named !== null && waitedMs < namedMs.together) {
        const waitMs = Math.min(named, namedMs.atATime);
        waitedMs += waitMs;
        await clock.sleep(waitMs, signal);
        continue;
      }
      const waitMs = waits[tried];
      if (waitMs === undefined) throw thrown;
      tried += 1;
      await clock.sleep(waitMs, signal);
    }
  }
}

/** Milliseconds until what was held back may go out, a second at least; null for what was tried. */
function notTriedUntil(thrown: unknown, clock: Clock): number | null {
  if (!isHeldBack(thrown)) return null;
  const until = Date.parse(String(toAppError(thrown).details['until']));
  return Number.isNaN(until) ? null : Math.max(1000, until - clock.now().getTime());
}

/** Whether a breaker or a known limit kept it from going out at all. */
export function isHeldBack(thrown: unknown): boolean {
  return ['circuit_open', 'github_rate_limited'].includes(toAppError(thrown).code);
}

/** Whether an error may be gone on the next try: the other side was away, or somebody was faster. */
export function mayPass(thrown: unknown): boolean {
  const { kind, code } = toAppError(thrown);
  if (code === 'task_changed') return true;
  return ['unavailable', 'timeout', 'rate_limited', 'unauthenticated', 'unknown_outcome'].includes(
    kind,
  );
}
