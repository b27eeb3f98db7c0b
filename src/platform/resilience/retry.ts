import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';

export interface RetryOptions {
  /** Tries in all, the first one included; default 3. */
  readonly attempts?: number;
  /** Default 200. */
  readonly baseMs?: number;
  /** Longest wait, default 20,000. */
  readonly capMs?: number;
  /** Whether trying again can help; by default what is unavailable, timed out or not ours. */
  readonly when?: (error: unknown) => boolean;
}

/**
 * One retrying layer: full jitter, uniform on [0, min(cap, base·2^n)], and a budget shared by all calls:
 * retries stay under a tenth of the calls plus 50, so that an outage is not multiplied.
 */
export function createRetry(
  options: RetryOptions,
  clock: Clock,
  random: Random,
): <T>(attempt: () => Promise<T>) => Promise<T> {
  const { attempts = 3, baseMs = 200, capMs = 20_000, when = canHelp } = options;
  let budget = budgetCapacity;
  return async (attempt) => {
    budget = Math.min(budgetCapacity, budget + budgetPerCall);
    for (let tried = 1; ; tried += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (tried >= attempts || budget < 1 || !when(error)) throw after(tried, error);
        budget -= 1;
        await clock.sleep(fullJitterMs(tried - 1, { baseMs, capMs }, random));
      }
    }
  };
}

/** The last error, which says how often it was tried. */
function after(attempt: number, error: unknown): unknown {
  if (attempt === 1 || !(error instanceof AppError)) return error;
  const { kind, code, message, next, cause, details, stack } = error;
  const last = new AppError({ kind, code, message, next, cause, details: { ...details, attempt } });
  if (stack !== undefined) last.stack = stack;
  return last;
}

const budgetCapacity = 50;
const budgetPerCall = 0.1;

/** Wait before retry number `n` (0 for the first): uniform on [0, min(cap, base·2^n)]. */
export function fullJitterMs(
  n: number,
  { baseMs, capMs }: { readonly baseMs: number; readonly capMs: number },
  random: Random,
): number {
  return random.fraction() * Math.min(capMs, baseMs * 2 ** n);
}

function canHelp(error: unknown): boolean {
  if (!(error instanceof AppError)) return true;
  return (
    (error.kind === 'unavailable' && error.code !== 'circuit_open') || error.kind === 'timeout'
  );
}
