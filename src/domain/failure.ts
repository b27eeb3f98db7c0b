import type { FailureReason } from './run.ts';

/** What follows from one reason of failure. Dispatch, `explain`, the command line and the API read this one table. */
export interface FailureRule {
  /** Attempts at a task that may end so before a person is asked; 1 = none is tried again by itself. */
  readonly ceiling: number;
  /** Whether such an end counts among the attempts of the policy; a spent quota says nothing about the task. */
  readonly spends: boolean;
  /** Wait before try number n: uniform on [0, min(capMs, baseMs·2^n)]. */
  readonly baseMs: number;
  readonly capMs: number;
  /** What happened, for a person. */
  readonly text: string;
  /** What to do now. */
  readonly next: string;
}

const askAtOnce = { ceiling: 1, spends: true, baseMs: 0, capMs: 0 };

/** The closed list of reasons with what follows from each. */
export const failureRules: Readonly<Record<FailureReason, FailureRule>> = {
  transient: {
    ceiling: 20,
    spends: true,
    baseMs: 30_000,
    capMs: 600_000,
    text: 'Something outside was away for a moment.',
    next: 'Nothing; it is tried again by itself. If it stays, look at the health report.',
  },
  rate_limit: {
    ceiling: 20,
    spends: true,
    baseMs: 60_000,
    capMs: 1_800_000,
    text: 'A service asked us to slow down.',
    next: 'Nothing; it is tried again by itself. If it comes often, lower executor.maxConcurrent.',
  },
  model_quota: {
    ceiling: 50,
    spends: false,
    baseMs: 0,
    capMs: 0,
    text: "The quota of the agent's model is used up.",
    next: 'Nothing; the agent is asked again when its quota resets. Sooner: raise the quota, then `claude-manager resume`.',
  },
  authentication: {
    ...askAtOnce,
    text: 'A credential was refused.',
    next: 'Correct it with `claude-manager credentials set`, then requeue the task.',
  },
  configuration: {
    ...askAtOnce,
    text: 'Something is not set up as this work needs it.',
    next: 'Correct what is named, check with `claude-manager doctor`, then requeue the task.',
  },
  agent: {
    ...askAtOnce,
    text: 'The agent ended without a usable result.',
    next: 'Read its words with `claude-manager tasks show`, then requeue the task or choose another agent.',
  },
  checks: {
    ...askAtOnce,
    text: 'The checks of the repository failed after the change.',
    next: 'Look at the kept patch and the output of the check, then requeue or reject the task.',
  },
  policy: {
    ...askAtOnce,
    text: 'The change breaks a rule of the repository.',
    next: 'Look at the kept patch; decide whether the rule or the change is wrong.',
  },
  conflict: {
    ...askAtOnce,
    text: 'Somebody else changed the same thing meanwhile.',
    next: 'Look at both changes, then requeue the task to work on the new base.',
  },
  unknown_outcome: {
    ...askAtOnce,
    text: 'Nobody knows whether the last write arrived.',
    next: 'Look on the code host, then requeue or cancel the task.',
  },
  defect: {
    ...askAtOnce,
    text: 'A defect of Claude Manager ended the attempt.',
    next: 'Report it with the correlation id of the run, then requeue the task.',
  },
};

export const failureReasons = Object.keys(failureRules) as readonly FailureReason[];

/** A quota that names no reset is asked for again after an hour. */
const unnamedQuotaMs = 3_600_000;
/** An agent that names a reset further away than this is not believed. */
const longestQuotaMs = 8 * 86_400_000;

/** Until when an agent rests whose model's quota is used up. */
export function quotaUntil(resetsAt: Date | null, now: Date): Date {
  const wait = resetsAt === null ? unnamedQuotaMs : resetsAt.getTime() - now.getTime();
  if (!Number.isFinite(wait)) return new Date(now.getTime() + unnamedQuotaMs);
  return new Date(now.getTime() + Math.min(longestQuotaMs, Math.max(60_000, wait)));
}
