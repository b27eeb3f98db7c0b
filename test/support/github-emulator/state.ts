import type { Clock } from '../../../src/lib/clock.ts';

/** A role of GitHub, weakest first. */
export type Role = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin';
const roleOrder: readonly Role[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin'];

export const hasRole = (role: Role, needed: Role): boolean =>
  roleOrder.indexOf(role) >= roleOrder.indexOf(needed);

export interface Account {
  readonly id: number;
  login: string;
  type: 'User' | 'Bot' | 'Organization';
  suspended: boolean;
  readonly tokens: Set<string>;
}

export interface Label {
  readonly id: number;
  name: string;
  color: string;
  description: string | null;
}

export interface Comment {
  readonly id: number;
  readonly issue: Issue;
  readonly user: Account;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
}

/** One entry of an issue's history, with the fields of GitHub that belong to its kind. */
export interface IssueEvent {
  readonly id: number;
  readonly event: string;
  readonly issue: Issue;
  readonly actor: Account;
  readonly createdAt: string;
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface Review {
  readonly id: number;
  readonly user: Account;
  readonly state: ReviewState;
  readonly body: string;
  readonly sha: string;
  readonly submittedAt: string;
}
export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';

export interface ReviewComment {
  readonly id: number;
  readonly reviewId: number | null;
  readonly user: Account;
  readonly path: string;
  readonly line: number;
  /** First comment of its thread; null for the first itself. */
  readonly inReplyTo: number | null;
  /** Of the first: whether the thread is resolved. */
  resolved: boolean;
  readonly body: string;
  readonly sha: string;
  readonly createdAt: string;
}

export interface Pull {
  headRef: string;
  headSha: string;
  baseRef: string;
  baseSha: string;
  draft: boolean;
  merged: boolean;
  mergedAt: string | null;
  mergedBy: Account | null;
  mergeSha: string | null;
  readonly reviews: Review[];
  readonly reviewComments: ReviewComment[];
}

/** An issue, or a pull request when `pull` is there: GitHub numbers both in one row. */
export interface Issue {
  readonly id: number;
  number: number;
  title: string;
  body: string | null;
  readonly user: Account;
  state: 'open' | 'closed';
  stateReason: 'completed' | 'not_planned' | 'duplicate' | 'reopened' | null;
  closedBy: Account | null;
  closedAt: string | null;
  locked: boolean;
  lockReason: string | null;
  labels: Label[];
  assignees: Account[];
  readonly createdAt: string;
  updatedAt: string;
  /** Changes of the body, oldest first; only GraphQL tells of them. */
  readonly edits: { readonly at: string; readonly by: Account }[];
  readonly comments: Comment[];
  readonly pull: Pull | null;
}

export interface CheckRun {
  readonly id: number;
  readonly name: string;
  readonly sha: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
  summary: string | null;
  readonly startedAt: string;
  completedAt: string | null;
  /** Run of GitHub Actions that the check is a job of. */
  readonly pipeline: number | null;
  readonly log: string | null;
}

export interface CommitStatus {
  readonly id: number;
  readonly sha: string;
  readonly context: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly description: string | null;
  readonly creator: Account;
  readonly createdAt: string;
}

export interface Repository {
  readonly id: number;
  owner: Account;
  name: string;
  /** Folder of the bare git repository. */
  readonly dir: string;
  defaultBranch: string;
  private: boolean;
  archived: boolean;
  issuesEnabled: boolean;
  readonly roles: Map<string, Role>;
  readonly issues: Map<number, Issue>;
  /** Numbers that are gone: deleted (null) or transferred (API address of the new place). */
  readonly gone: Map<number, string | null>;
  readonly labels: Label[];
  readonly events: IssueEvent[];
  readonly checkRuns: CheckRun[];
  readonly statuses: CommitStatus[];
  /** How often each run of GitHub Actions was started. */
  readonly pipelines: Map<number, number>;
  readonly createdAt: string;
  pushedAt: string;
  nextNumber: number;
}

export const fullName = (repo: Repository): string => `${repo.owner.login}/${repo.name}`;

/** Everything that the emulated GitHub knows. */
export interface State {
  readonly clock: Clock;
  readonly apiUrl: string;
  readonly serverUrl: string;
  readonly accounts: Map<string, Account>;
  readonly repositories: Map<number, Repository>;
  /** Lower-case full name, current or former, to repository id. */
  readonly names: Map<string, number>;
  nextId(): number;
  /** Now as GitHub writes it: whole seconds, UTC. */
  timestamp(): string;
}

export function createState(clock: Clock, apiUrl: string, serverUrl: string): State {
  let id = 1000;
  return {
    clock,
    apiUrl,
    serverUrl,
    accounts: new Map(),
    repositories: new Map(),
    names: new Map(),
    nextId: () => ++id,
    timestamp: () =>
      clock
        .now()
        .toISOString()
        .replace(/\.\d+Z$/, 'Z'),
  };
}

export function findRepository(state: State, name: string): Repository | undefined {
  const id = state.names.get(name.toLowerCase());
  return id === undefined ? undefined : state.repositories.get(id);
}

export function requireRepository(state: State, name: string): Repository {
  const repo = findRepository(state, name);
  if (repo === undefined) throw new Error(`the emulator has no repository ${name}`);
  return repo;
}

export const findAccount = (state: State, login: string): Account | undefined =>
  state.accounts.get(login.toLowerCase());

export function requireAccount(state: State, login: string): Account {
  const account = findAccount(state, login);
  if (account === undefined) throw new Error(`the emulator has no account ${login}`);
  return account;
}

/** The role that counts: owner is admin, others as granted, everybody reads what is public. */
export function roleOf(repo: Repository, account: Account | null): Role {
  const open: Role = repo.private ? 'none' : 'read';
  if (account === null) return open;
  if (account.id === repo.owner.id) return 'admin';
  return repo.roles.get(account.login.toLowerCase()) ?? open;
}

/** 'admin', 'write', 'read' or 'none': triage reads and maintain writes in GitHub's legacy field. */
export const legacyPermission = (role: Role): 'admin' | 'write' | 'read' | 'none' =>
  role === 'maintain' ? 'write' : role === 'triage' ? 'read' : role;
