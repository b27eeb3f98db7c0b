import type { AgentUsage } from './agent-event.ts';

/** Every way one attempt of one agent can end. Different ends stay different. */
export type RunOutcome =
  | 'succeeded'
  | 'no_change'
  | 'failed'
  | 'timed_out'
  | 'stalled'
  | 'over_budget'
  | 'blocked_by_policy'
  | 'interrupted'
  | 'canceled';

/** Why a run failed: the closed list that retry and its human text hang on. */
export type FailureReason =
  | 'transient'
  | 'rate_limit'
  | 'model_quota'
  | 'authentication'
  | 'configuration'
  | 'agent'
  | 'checks'
  | 'policy'
  | 'conflict'
  | 'unknown_outcome'
  | 'defect';

/** One attempt of one agent at one task. */
export interface Run {
  readonly id: string;
  readonly taskId: string;
  /** 1-based attempt; also the fencing generation. */
  readonly attempt: number;
  readonly agent: string;
  /** What sealed the agent in, `none` where nothing did; null when no agent was started here. */
  readonly sandbox: string | null;
  readonly baseCommit: string | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly outcome: RunOutcome | null;
  readonly reason: FailureReason | null;
  /** One or two sentences for a person. */
  readonly summary: string | null;
  readonly usage: AgentUsage | null;
  readonly costUsd: number | null;
  readonly checks: readonly CheckResult[];
  /** Unified diff of what the agent did; kept for failed runs too. */
  readonly patch: string | null;
  /** Of the approval that it works under: one id from the call or the delivery to the pull request. */
  readonly correlationId: string;
  /** The workflow that drives it; a second one of the same attempt is refused. */
  readonly workflowId: string;
}

export interface CheckResult {
  readonly command: string;
  readonly passed: boolean;
  readonly exitCode: number | null;
  readonly durationMs: number;
  /** Last part of the output, redacted. */
  readonly output: string;
}
