import type { Actor } from '../actor.ts';
import type { AgentEvent } from '../agent-event.ts';
import type { Approval } from '../approval.ts';
import type { Finding } from '../finding.ts';
import type { RepositoryRef } from '../repository.ts';
import type { Run } from '../run.ts';
import type { Task, TaskState } from '../task.ts';
import type { Transaction } from './effects.ts';

/** The task row is the truth. Writes are guarded by `version`: AppError `conflict` code `task_changed` when somebody was faster. */
export interface TaskStore {
  transact<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  get(id: string): Promise<Task | null>;
  byIssue(manager: RepositoryRef, number: number): Promise<Task | null>;
  byFinding(findingId: string): Promise<Task | null>;
  list(query: TaskQuery): Promise<readonly Task[]>;
  /** Those that have an issue, without their words: of many, few are looked at. */
  published(query: TaskQuery): Promise<readonly PublishedTask[]>;
  countByState(): Promise<Readonly<Partial<Record<TaskState, number>>>>;
  /** Which tasks run now. In a transaction no other one counts or starts until its end, so that a cap holds. */
  atWork(transaction: Transaction | null): Promise<readonly TaskAtWork[]>;
  /** Inserts unless the id is there; returns the row that stands. */
  insert(transaction: Transaction, task: Task): Promise<Task>;
  /** Writes the changed members and adds one to `version`. */
  update(transaction: Transaction, task: Task, change: Partial<Task>): Promise<Task>;
  addApproval(transaction: Transaction, approval: Approval): Promise<void>;
  /** With `exceptHash`, approvals over those words stay. */
  voidApproval(
    transaction: Transaction,
    taskId: string,
    at: Date,
    reason: string,
    exceptHash?: string,
  ): Promise<void>;
  /** The approval that stands, if any. */
  approval(taskId: string): Promise<Approval | null>;
  approvals(taskId: string): Promise<readonly Approval[]>;
  /** Refusals and explanations by code, newest first; `explain` shows them. */
  addNote(transaction: Transaction, note: TaskNote): Promise<void>;
  notes(taskId: string): Promise<readonly TaskNote[]>;
}

export interface TaskQuery {
  readonly states?: readonly TaskState[];
  readonly target?: RepositoryRef;
  /** Only those whose issues stand here. */
  readonly manager?: RepositoryRef;
  /** Only those without an issue. */
  readonly unpublished?: true;
  /** Only those with an approval that stands. */
  readonly approved?: true;
  /** Only those with a pull request. */
  readonly delivered?: true;
  readonly limit?: number;
}

export interface PublishedTask {
  readonly id: string;
  readonly target: RepositoryRef;
  readonly issueNumber: number;
}

export interface TaskAtWork {
  readonly id: string;
  readonly targetKey: string;
  readonly agent: string;
}

export interface TaskNote {
  readonly taskId: string;
  readonly at: Date;
  /** Reason code, for example `approval_refused_role`. */
  readonly code: string;
  readonly text: string;
  /** Equal keys are written once (an event id), so that polling twice says it once. */
  readonly key: string;
  /** Who did what it tells; left out for what the pipeline does by itself. */
  readonly actor?: { readonly kind: string; readonly name: string } | undefined;
}

export interface FindingStore {
  /** All findings of the repository that matching works on: open, and fixed within the last looks. */
  known(repository: RepositoryRef, rule: string): Promise<readonly KnownFinding[]>;
  save(
    transaction: Transaction,
    repository: RepositoryRef,
    findings: readonly KnownFinding[],
  ): Promise<void>;
  list(query: {
    repository?: RepositoryRef;
    status?: Finding['status'];
  }): Promise<readonly Finding[]>;
  get(id: string): Promise<Finding | null>;
  /** Last scanned commit per repository and rule. */
  scanned(repository: RepositoryRef, rule: string): Promise<string | null>;
  markScanned(
    transaction: Transaction,
    repository: RepositoryRef,
    rule: string,
    commit: string,
    at: Date,
  ): Promise<void>;
}

/** A finding with what identity needs to match it again. */
export interface KnownFinding extends Finding {
  readonly oid: string | null;
  /** Scans since it vanished; 0 while open. */
  readonly missedScans: number;
}

export interface RunStore {
  insert(transaction: Transaction, run: Run): Promise<void>;
  finish(transaction: Transaction, id: string, change: Partial<Run>): Promise<void>;
  get(id: string): Promise<Run | null>;
  ofTask(taskId: string): Promise<readonly Run[]>;
  live(): Promise<readonly Run[]>;
  addEvents(
    runId: string,
    events: readonly { seq: number; at: Date; event: AgentEvent }[],
  ): Promise<void>;
  events(
    runId: string,
    afterSeq: number,
    limit: number,
  ): Promise<readonly { seq: number; at: Date; event: AgentEvent }[]>;
  /** Dollars reserved and spent since the moment. */
  spentSince(since: Date): Promise<number>;
  /**
   * What is reserved and spent in every scope that a new run would fall into. Within a transaction nobody else can
   * reserve until it ends, so that whoever looks and inserts there never goes over a limit.
   */
  spending(transaction: Transaction | null, scope: SpendingScope): Promise<Spending>;
}

export interface SpendingScope {
  readonly taskId: string;
  readonly target: RepositoryRef;
  readonly now: Date;
}

/** US dollars; a run at work counts with what is reserved for it. */
export interface Spending {
  readonly taskUsd: number;
  readonly repositoryDayUsd: number;
  readonly dayUsd: number;
  readonly monthUsd: number;
}

/** Audit of what the pipeline itself does, in the transaction of its intent. */
export interface AuditTrail {
  record(transaction: Transaction | null, entry: AuditRecord): Promise<void>;
}

export interface AuditRecord {
  readonly event: string;
  readonly outcome: 'begun' | 'ok' | 'refused' | 'failed';
  readonly actor: Actor;
  readonly target: string | null;
  readonly correlationId: string;
  /** Of a change: SHA-256 (hex) of what was there before and of what is there now. */
  readonly before?: string | null;
  readonly after?: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Global and per-repository pause, read live at each effect and dispatch. */
export interface PauseStore {
  paused(): Promise<readonly { repository: RepositoryRef | null; by: string; at: Date }[]>;
  pause(repository: RepositoryRef | null, by: string, at: Date): Promise<void>;
  resume(repository: RepositoryRef | null): Promise<void>;
  /** Agents that rest until a moment after `now`, because the quota of their model is used up. */
  resting(now: Date): Promise<readonly RestingAgent[]>;
  /** The later moment stands. */
  rest(transaction: Transaction, agent: RestingAgent): Promise<void>;
}

/** An agent that is not asked until its model answers again. */
export interface RestingAgent {
  readonly agent: string;
  readonly until: Date;
  /** What the agent said. */
  readonly text: string;
}
