import type { ApprovalPolicy } from './approval.ts';

/** What holds for one repository; a snapshot is stored with each attempt, live restrictions may only tighten it. */
export interface RepositoryPolicy {
  /** Base branch; null = the default branch of the host. */
  readonly base: string | null;
  readonly agent: string;
  /** Commands run in the sandbox before the agent, without secrets; each is one shell line of the configuration's owner. */
  readonly setup: readonly string[];
  /** Commands that verify the result, in the sandbox. */
  readonly checks: readonly string[];
  readonly egress: readonly string[];
  /** Globs beside the built-in list. */
  readonly protectedPaths: readonly string[];
  /** What happens when the diff touches a protected path. */
  readonly protectedPathsPolicy: 'block' | 'human' | 'allow';
  /** An agent that must agree with the change before it is delivered; null = none is asked. */
  readonly reviewer: string | null;
  readonly proposalsOpen: number;
  readonly paused: boolean;
  /** Runs at a time in this repository, in all processes together. */
  readonly maxConcurrent: number;
  readonly budget: Budget;
  readonly approval: ApprovalPolicy;
}

/** Limits of one attempt, of a task, of a repository's day, and of a day and a month of everything; all finite. */
export interface Budget {
  readonly perRunUsd: number;
  /** All attempts at one task together. */
  readonly perTaskUsd: number;
  /** All runs in one repository on one day (UTC). */
  readonly perRepositoryDayUsd: number;
  readonly perDayUsd: number;
  /** All runs of a calendar month (UTC). */
  readonly perMonthUsd: number;
  /** Input and output tokens of one run. */
  readonly perRunTokens: number;
  /** Turns of one run. */
  readonly perRunTurns: number;
  readonly timeoutMinutes: number;
  readonly stallMinutes: number;
  readonly maxAttempts: number;
}
