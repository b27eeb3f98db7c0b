import type { RepositoryRef } from '../repository.ts';
import type { RankReason, TaskState } from '../task.ts';

/** Reading tasks by the page; what a list shows. */
export interface TaskQueries {
  page(query: TaskPageQuery): Promise<{
    readonly items: readonly TaskSummary[];
    /** Where the next page begins; null on the last one. */
    readonly next: string | null;
  }>;
  one(id: string): Promise<TaskSummary | null>;
  /** Ids that begin so, at most two of them. */
  startingWith(prefix: string): Promise<readonly string[]>;
  counts(filter: TaskFilter): Promise<TaskCounts>;
  /** Null brings it back. */
  snooze(id: string, until: Date | null): Promise<void>;
}

export interface TaskFilter {
  readonly target?: RepositoryRef;
  /** Only repositories whose names match one of these patterns. */
  readonly within?: readonly string[];
  readonly kinds?: readonly string[];
  readonly agent?: string;
  /** Words to look for; the last one may be a beginning. */
  readonly text?: string;
}

export interface TaskPageQuery extends TaskFilter {
  readonly states?: readonly TaskState[];
  readonly snoozed: 'any' | 'hide' | 'only';
  /** Leaves out what this person has approved already. */
  readonly notApprovedBy?: string;
  readonly sort: 'rank' | 'oldest' | 'newest' | 'updated';
  readonly after?: string;
  readonly limit: number;
  readonly now: Date;
}

export interface TaskCounts {
  readonly states: Readonly<Partial<Record<TaskState, number>>>;
  readonly snoozed: number;
  /** Proposed or held, and not snoozed. */
  readonly waiting: number;
}

export interface TaskSummary {
  readonly id: string;
  readonly state: TaskState;
  readonly attention: string | null;
  readonly title: string;
  readonly kind: string;
  readonly target: RepositoryRef;
  readonly rank: number;
  readonly rankReasons: readonly RankReason[];
  readonly agent: string;
  readonly issueNumber: number | null;
  readonly pullRequestUrl: string | null;
  readonly note: string | null;
  readonly attempt: number;
  readonly snoozedUntil: Date | null;
  readonly baseBranch: string;
  /** The words of the proposal while it waits for a decision, for the hash that an approval binds; else null. */
  readonly body: string | null;
  /** Approvals that stand. */
  readonly approvals: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}
