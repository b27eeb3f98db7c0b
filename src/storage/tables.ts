import type { ColumnType, Generated } from 'kysely';

/** The tables of this room as Kysely sees them; `migrations.ts` makes them. */
export interface StorageTables {
  tasks: TaskRow;
  approvals: ApprovalRow;
  task_notes: TaskNoteRow;
  findings: FindingRow;
  scan_marks: ScanMarkRow;
  runs: RunRow;
  run_events: RunEventRow;
  pauses: PauseRow;
  resting_agents: RestingAgentRow;
  start_obstacles: { code: string; text: string; spares: string | null; until: Date };
  suppressions: SuppressionRow;
  earlier_proposals: EarlierProposalRow;
  repository_looks: RepositoryLookRow;
  changes: ChangeRow;
  changes_forgotten: { one: Generated<boolean>; xid: string };
}

/** A jsonb column: read as a value, written as text. */
export type JsonColumn<T> = ColumnType<T, string, string>;

export interface TaskRow {
  id: string;
  state: string;
  attention: string | null;
  origin: JsonColumn<unknown>;
  finding_id: string | null;
  origin_repository: string | null;
  origin_number: number | null;
  target: JsonColumn<unknown>;
  target_key: string;
  proposal: JsonColumn<unknown>;
  rank: number;
  agent: string;
  base_branch: string;
  content_hash: string;
  issue_number: number | null;
  published_title: string | null;
  published_body: string | null;
  pull_request: JsonColumn<unknown> | null;
  attempt: number;
  note: string | null;
  created_at: Date;
  updated_at: Date;
  version: number;
  snoozed_until: Date | null;
  /** Made by the database from the proposal. */
  title: ColumnType<string, never, never>;
  kind: ColumnType<string, never, never>;
}

export interface EarlierProposalRow {
  id: string;
  repository: JsonColumn<unknown>;
  repository_key: string;
  path: string;
  line: number;
  content: string;
  proposed_at: Date;
  issue_number: number | null;
  imported_at: Date;
}

export interface ApprovalRow {
  id: Generated<number>;
  task_id: string;
  actor: string;
  channel: string;
  content_hash: string;
  decided_at: Date;
  roles: JsonColumn<unknown>;
  event_id: string | null;
  /** Who it is across channels (domain/approval.ts). */
  person: string;
  base_commit: string | null;
  voided_at: Date | null;
  void_reason: string | null;
  correlation_id: string | null;
}

export interface TaskNoteRow {
  task_id: string;
  key: string;
  at: Date;
  code: string;
  text: string;
  actor: JsonColumn<unknown> | null;
}

export interface FindingRow {
  id: string;
  repository: JsonColumn<unknown>;
  repository_key: string;
  rule: string;
  status: string;
  path: string;
  line: number;
  fingerprint: string;
  commit: string | null;
  oid: string | null;
  first_seen: Date;
  missed_scans: number;
  /** The rest of what the scanner saw. */
  detail: JsonColumn<unknown>;
}

export interface ScanMarkRow {
  repository_key: string;
  rule: string;
  commit: string;
  at: Date;
}

export interface RunRow {
  id: string;
  task_id: string;
  attempt: number;
  agent: string;
  sandbox: string | null;
  base_commit: string | null;
  started_at: Date;
  ended_at: Date | null;
  outcome: string | null;
  reason: string | null;
  summary: string | null;
  usage: JsonColumn<unknown> | null;
  cost_usd: number | null;
  checks: JsonColumn<unknown>;
  patch: string | null;
  correlation_id: string;
  workflow_id: string | null;
}

export interface RunEventRow {
  run_id: string;
  seq: number;
  at: Date;
  event: JsonColumn<unknown>;
}

export interface PauseRow {
  /** Key of the repository; `*` stands for all of them. */
  scope: string;
  repository: JsonColumn<unknown> | null;
  paused_by: string;
  at: Date;
}

export interface RestingAgentRow {
  agent: string;
  until: Date;
  text: string;
}

export interface SuppressionRow {
  id: string;
  rule: string;
  repository: JsonColumn<unknown>;
  repository_key: string;
  made_by: string;
  reason: string | null;
  task_id: string | null;
  at: Date;
}

/** The last look at a repository. */
export interface RepositoryLookRow {
  repository_key: string;
  at: Date;
  commit: string | null;
  requests: number | null;
  duration_ms: number | null;
  problem: string | null;
}

/** Written by triggers alone. */
export interface ChangeRow {
  xid: string;
  id: number;
  topic: string;
  subject: string;
  task_id: string | null;
  state: string | null;
  repository_key: string | null;
  at: Date;
}
