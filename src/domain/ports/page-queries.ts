import type { RepositoryRef } from '../repository.ts';
import type { Run } from '../run.ts';
import type { TaskState } from '../task.ts';
import type { KnownFinding } from './stores.ts';

/** Runs by the page, newest first. */
export interface RunQueries {
  page(query: {
    readonly live?: boolean;
    readonly target?: RepositoryRef;
    readonly within?: readonly string[];
    readonly agent?: string;
    readonly outcomes?: readonly string[];
    readonly taskId?: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<{ readonly items: readonly RunSummary[]; readonly next: string | null }>;
  one(id: string): Promise<RunSummary | null>;
}

/** A run without its patch, with what a list shows beside it. */
export interface RunSummary extends Run {
  readonly taskTitle: string;
  readonly target: RepositoryRef;
  readonly lastSeq: number;
  readonly lastEventAt: Date | null;
  readonly hasPatch: boolean;
}

/** Findings by the page, in the order of repository, path and line. */
export interface FindingQueries {
  page(query: {
    readonly target?: RepositoryRef;
    readonly within?: readonly string[];
    readonly statuses?: readonly string[];
    readonly rule?: string;
    readonly text?: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<{ readonly items: readonly FindingSummary[]; readonly next: string | null }>;
  one(id: string): Promise<FindingSummary | null>;
}

export interface FindingSummary extends KnownFinding {
  readonly task: { readonly id: string; readonly state: TaskState } | null;
}

/** Figures of repositories by key. */
export interface RepositoryQueries {
  figures(): Promise<ReadonlyMap<string, RepositoryFigures>>;
  scans(target: RepositoryRef): Promise<readonly { rule: string; commit: string; at: Date }[]>;
  /** Notes the last look at a repository. */
  noteLook(target: RepositoryRef, look: RepositoryLook): Promise<void>;
}

export interface RepositoryLook {
  readonly at: Date;
  readonly commit: string | null;
  /** Requests to the code host; null where nobody counted. */
  readonly requests: number | null;
  readonly durationMs: number | null;
  readonly problem: string | null;
}

export interface RepositoryFigures {
  readonly look: RepositoryLook | null;
  readonly findingsOpen: number;
  readonly states: Readonly<Record<string, number>>;
  readonly runsLive: number;
}

/** What came of the work, as rows to add up. */
export interface OutcomeQueries {
  /** One row for each kind, agent, repository and day (UTC) on which something happened between the moments. */
  between(from: Date, until: Date, target: RepositoryRef | null): Promise<readonly OutcomeFact[]>;
  /** Hours from proposal to merge of everything merged between the moments. */
  leadTimes(
    from: Date,
    until: Date,
    target: RepositoryRef | null,
  ): Promise<readonly { kind: string; agent: string; target: string; hours: number }[]>;
}

export interface OutcomeFact {
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly kind: string;
  readonly agent: string;
  /** Name of the repository. */
  readonly target: string;
  readonly what: 'proposed' | 'approved' | 'rejected' | 'merged' | 'run';
  readonly count: number;
  /** US dollars, of runs that ended that day. */
  readonly costUsd: number;
}

/** Kinds of work that are never proposed in a repository. */
export interface SuppressionStore {
  list(): Promise<readonly Suppression[]>;
  has(target: RepositoryRef, rule: string): Promise<boolean>;
  /** Keeps the first one for a rule and repository. */
  add(suppression: Suppression): Promise<void>;
  remove(id: string): Promise<Suppression | null>;
}

export interface Suppression {
  readonly id: string;
  readonly rule: string;
  readonly target: RepositoryRef;
  readonly by: string;
  readonly reason: string | null;
  readonly taskId: string | null;
  readonly at: Date;
}
