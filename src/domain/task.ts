import type { RepositoryRef } from './repository.ts';
import type { FailureReason } from './run.ts';

/** The states of a task's life; `liveStates` can still move by themselves or by a person. */
export const taskStates = [
  'proposed',
  'approved',
  'running',
  'in_review',
  'needs_attention',
  'done',
  'no_change',
  'failed',
  'rejected',
  'expired',
  'resolved',
  'canceled',
] as const;
export type TaskState = (typeof taskStates)[number];

/** Why a task needs a person. */
export type AttentionReason =
  | 'protected_path'
  | 'conflict'
  | 'closed_unmerged'
  | 'approval_void'
  | 'rounds_used_up'
  | 'finding_gone_while_running'
  | 'human_pull_request'
  | 'human_commits'
  | 'round_failed'
  | 'repository_gone'
  | 'repository_archived'
  | 'access_withdrawn'
  | 'issue_transferred'
  | 'blocked_by_policy'
  | 'budget_used_up'
  | 'unknown_outcome'
  | 'cannot_start'
  | 'attempts_used_up';

/** Everything that can happen to a task. */
export type TaskEvent =
  | { readonly type: 'approve' }
  | { readonly type: 'reject' }
  | { readonly type: 'expire' }
  | { readonly type: 'finding_gone' }
  | { readonly type: 'finding_back' }
  | { readonly type: 'void_approval' }
  | { readonly type: 'start' }
  | { readonly type: 'pull_request_opened' }
  | { readonly type: 'no_change' }
  | { readonly type: 'fail'; readonly reason: FailureReason; readonly retry: boolean }
  | { readonly type: 'interrupt' }
  | { readonly type: 'need_attention'; readonly reason: AttentionReason }
  | { readonly type: 'merged' }
  | { readonly type: 'closed_unmerged' }
  | { readonly type: 'changes_wanted'; readonly roundsLeft: boolean }
  | { readonly type: 'retry' }
  | { readonly type: 'resume' }
  | { readonly type: 'cancel' };

export type Transition =
  | { readonly ok: true; readonly state: TaskState; readonly attention: AttentionReason | null }
  | { readonly ok: false; readonly why: string };

/**
 * The life of a task as one pure, total function: for each state and event either the next state
 * or the reason why the event does not apply. Only an explicit reject is remembered as a no.
 */
export function transition(state: TaskState, event: TaskEvent): Transition {
  switch (event.type) {
    case 'approve':
      return from(state, event, ['proposed', 'needs_attention'], 'approved');
    case 'reject':
      return from(state, event, ['proposed', 'approved', 'needs_attention', 'failed'], 'rejected');
    case 'expire':
      return from(state, event, ['proposed'], 'expired');
    case 'finding_gone':
      return state === 'running' || state === 'in_review'
        ? to(state)
        : from(state, event, ['proposed', 'approved', 'needs_attention', 'failed'], 'resolved');
    case 'finding_back':
      return from(state, event, ['resolved', 'expired'], 'proposed');
    case 'void_approval':
      return state === 'running' || state === 'in_review'
        ? attention('approval_void')
        : from(state, event, ['approved'], 'proposed');
    case 'start':
      return from(state, event, ['approved'], 'running');
    case 'pull_request_opened':
      return from(state, event, ['running'], 'in_review');
    case 'no_change':
      return from(state, event, ['running'], 'no_change');
    case 'fail':
      return from(state, event, ['running'], event.retry ? 'approved' : 'failed');
    case 'interrupt':
      return from(state, event, ['running'], 'approved');
    case 'need_attention':
      return isLive(state) ? attention(event.reason) : refused(state, event);
    case 'merged':
      return from(state, event, ['in_review', 'needs_attention', 'running'], 'done');
    case 'closed_unmerged':
      return state === 'in_review' ? attention('closed_unmerged') : refused(state, event);
    case 'changes_wanted':
      if (state !== 'in_review') return refused(state, event);
      return event.roundsLeft ? to('running') : attention('rounds_used_up');
    case 'retry':
      return from(state, event, ['failed', 'no_change'], 'approved');
    case 'resume':
      return from(state, event, ['needs_attention'], 'approved');
    case 'cancel':
      return isLive(state) ? to('canceled') : refused(state, event);
  }
}

/** Whether the task can still move without being retried or reopened. */
export function isLive(state: TaskState): boolean {
  return ['proposed', 'approved', 'running', 'in_review', 'needs_attention'].includes(state);
}

function from(
  state: TaskState,
  event: TaskEvent,
  sources: readonly TaskState[],
  next: TaskState,
): Transition {
  return sources.includes(state) ? to(next) : refused(state, event);
}

function to(state: TaskState): Transition {
  return { ok: true, state, attention: null };
}

function attention(reason: AttentionReason): Transition {
  return { ok: true, state: 'needs_attention', attention: reason };
}

function refused(state: TaskState, event: TaskEvent): Transition {
  return { ok: false, why: `a task that is ${state} cannot ${event.type.replaceAll('_', ' ')}` };
}

/** What we suggest doing. The words that an approval binds and, alone, reach the agent. */
export interface Proposal {
  readonly title: string;
  /** Markdown: what is asked, with the evidence; no permalinks or line numbers. */
  readonly body: string;
  /** 0 to 100. */
  readonly rank: number;
  readonly rankReasons: readonly RankReason[];
  /** The template of the prompt: the kind of work. */
  readonly kind: 'todo' | 'stale-issue' | 'requested';
  /** Text that is shown with the body but not bound: permalink, line. */
  readonly evidence: string;
}

export interface RankReason {
  readonly factor: string;
  readonly points: number;
  readonly because: string;
}

/** The unit of work with a life. */
export interface Task {
  /** Pure function of manager repository and origin (`taskIdOf`), so that a lost database makes the same one. */
  readonly id: string;
  readonly state: TaskState;
  readonly attention: AttentionReason | null;
  readonly origin: TaskOrigin;
  readonly target: RepositoryRef;
  readonly proposal: Proposal;
  readonly agent: string;
  readonly baseBranch: string;
  readonly contentHash: string;
  /** The issue in the manager repository; null on the local host or until it is made. */
  readonly issueNumber: number | null;
  /** Exactly what we published there, to see an edit. */
  readonly publishedTitle: string | null;
  readonly publishedBody: string | null;
  readonly pullRequest: PullRequestRef | null;
  readonly attempt: number;
  /** For people: why the last state was reached. */
  readonly note: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Optimistic lock; each write adds one. */
  readonly version: number;
}

/** Where the task comes from: a finding, or an issue that a person wrote. */
export type TaskOrigin =
  | {
      readonly kind: 'finding';
      readonly rule: string;
      readonly findingId: string;
      readonly fingerprint: string;
    }
  | { readonly kind: 'issue'; readonly repository: RepositoryRef; readonly number: number };

export interface PullRequestRef {
  readonly repository: RepositoryRef;
  readonly number: number;
  readonly branch: string;
  readonly headSha: string;
  readonly url: string;
}
