import { failureRules } from '../../domain/failure.ts';
import type { TaskNote } from '../../domain/ports/stores.ts';
import type { FailureReason, Run, RunOutcome } from '../../domain/run.ts';
import { sha256 } from '../../lib/hash.ts';

/** Of starts that fail before the work begins; they spend nothing. Some hours go by until a person is asked. */
export const startRule = { ceiling: 100, baseMs: 10_000, capMs: 300_000 };

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
  if (baseMs === 0) return null;
  const waitMs = jitteredMs(before, { baseMs, capMs }, `${last.id} ${last.correlationId}`);
  return new Date(last.endedAt.getTime() + waitMs);
}

/** The starts that failed since the last run began or a person sent the task back, newest first. */
export function failedStarts(
  runs: readonly Run[],
  notes: readonly TaskNote[],
): readonly TaskNote[] {
  const since = runs.at(-1)?.startedAt ?? null;
  const retried = notes.findIndex(({ code }) => code === 'retried');
  return notes
    .slice(0, retried === -1 ? undefined : retried)
    .filter(({ code, at }) => code === 'start_failed' && (since === null || at > since));
}

/** When a task whose last start failed is started again; null when none failed. */
export function startAgainAt(failed: readonly TaskNote[]): Date | null {
  const [last] = failed;
  if (last === undefined) return null;
  const waitMs = jitteredMs(failed.length - 1, startRule, `${last.taskId} ${last.key}`);
  return new Date(last.at.getTime() + waitMs);
}

/** Uniform on [0, min(cap, base·2^n)], drawn from the seed. */
function jitteredMs(
  n: number,
  { baseMs, capMs }: { readonly baseMs: number; readonly capMs: number },
  seed: string,
): number {
  const fraction = Number.parseInt(sha256(seed).slice(0, 12), 16) / 2 ** 48;
  return fraction * Math.min(capMs, baseMs * 2 ** Math.min(n, 30));
}
