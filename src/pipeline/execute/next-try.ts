import { failureRules } from '../../domain/failure.ts';
import type { TaskNote } from '../../domain/ports/stores.ts';
import type { FailureReason, Run, RunOutcome } from '../../domain/run.ts';
import { sha256 } from '../../lib/hash.ts';

/** Whether another attempt may help; a person's decision or money is never spent again by itself. */
export function isRetryable(outcome: RunOutcome, reason: FailureReason | null): boolean {
  if (outcome === 'interrupted') return true;
  return outcome === 'failed' && reason !== null && failureRules[reason].ceiling > 1;
}

/** Whether one more attempt is allowed after the one that ends now; interrupted ones cost nothing. */
export function mayTryAgain(
  ending: { readonly outcome: RunOutcome; readonly reason: FailureReason | null },
  earlier: readonly Run[],
  maxAttempts: number,
): boolean {
  const { outcome, reason } = ending;
  if (!isRetryable(outcome, reason)) return false;
  if (reason === null) return true;
  const same = earlier.filter((run) => run.reason === reason).length + 1;
  if (same >= failureRules[reason].ceiling) return false;
  if (!failureRules[reason].spends) return true;
  return earlier.filter(spends).length + 1 < maxAttempts;
}

function spends({ outcome, reason }: Run): boolean {
  if (outcome === null || outcome === 'interrupted') return false;
  return reason === null || failureRules[reason].spends;
}

/** The runs that count: those since a person last sent the task back to work. */
export function runsThatCount(runs: readonly Run[], notes: readonly TaskNote[]): readonly Run[] {
  const retried = notes.find(({ code }) => code === 'retried')?.at ?? null;
  return retried === null ? runs : runs.filter(({ startedAt }) => startedAt > retried);
}

/**
 * When a task whose last attempt failed may be tried again; null when it need not wait. Full jitter, drawn from the
 * run's id so that every process and every look gives the same moment without storing it.
 */
export function tryAgainAt(runs: readonly Run[]): Date | null {
  const last = runs.at(-1);
  if (last === undefined || last.endedAt === null || last.reason === null) return null;
  const { baseMs, capMs } = failureRules[last.reason];
  const before = runs.filter(({ reason }) => reason === last.reason).length - 1;
  const longest = Math.min(capMs, baseMs * 2 ** Math.min(before, 30));
  if (longest === 0) return null;
  const fraction =
    Number.parseInt(sha256(`${last.id} ${last.correlationId}`).slice(0, 12), 16) / 2 ** 48;
  return new Date(last.endedAt.getTime() + fraction * longest);
}
