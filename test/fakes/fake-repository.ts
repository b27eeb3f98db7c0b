import type { HostRole } from '../../src/domain/approval.ts';
import type {
  HostIssue,
  HostPullRequest,
  HostRepository,
  IssueEvent,
} from '../../src/domain/ports/code-host.ts';
import type { HostCheck, ReviewRemark } from '../../src/domain/ports/code-review.ts';
import type { RepositoryRef } from '../../src/domain/repository.ts';
import { AppError } from '../../src/lib/app-error.ts';
import { sha256 } from '../../src/lib/hash.ts';

/** What one repository of the fake holds; tests may read everything. */
export interface FakeRepository {
  readonly facts: HostRepository;
  /** What git fetches from. */
  readonly remoteUrl: string;
  /** Branch name to commit. */
  readonly branches: Map<string, string>;
  readonly roles: Map<string, HostRole>;
  readonly issues: Map<number, HostIssue>;
  /** Issues that were transferred, with where to. */
  readonly moved: Map<number, string | null>;
  readonly pullRequests: Map<number, HostPullRequest>;
  readonly pullRequestLabels: Map<number, readonly string[]>;
  readonly events: Map<number, IssueEvent[]>;
  readonly comments: FakeComment[];
  /** By commit. */
  readonly checks: Map<string, readonly HostCheck[]>;
  /** By job. */
  readonly logs: Map<string, string>;
  /** Pipelines that were run again. */
  readonly reruns: Set<string>;
  /** By pull request. */
  readonly remarks: Map<number, readonly ReviewRemark[]>;
  readonly resolvedThreads: Set<number>;
  lastNumber: number;
  lastEvent: number;
}

export interface FakeComment {
  readonly id: number;
  /** Number of the issue or pull request. */
  readonly number: number;
  readonly author: string;
  readonly body: string;
  readonly createdAt: Date;
}

/** How a repository of the fake starts; all members have defaults. */
export interface FakeRepositoryOptions {
  readonly defaultBranch?: string;
  /** Head commit of the default branch. */
  readonly head?: string;
  readonly private?: boolean;
  readonly archived?: boolean;
  /** Address or folder of a real git repository. */
  readonly remoteUrl?: string;
}

export function createFakeRepository(
  ref: RepositoryRef,
  options: FakeRepositoryOptions,
): FakeRepository {
  const defaultBranch = options.defaultBranch ?? 'main';
  const url = ref.host === 'github' ? `https://github.example/${ref.name}` : null;
  return {
    facts: {
      ref,
      defaultBranch,
      private: options.private ?? false,
      archived: options.archived ?? false,
      url,
    },
    remoteUrl: options.remoteUrl ?? `${url ?? ref.name}.git`,
    branches: new Map([[defaultBranch, options.head ?? fakeCommit(ref.name, 'first')]]),
    roles: new Map(),
    issues: new Map(),
    moved: new Map(),
    pullRequests: new Map(),
    pullRequestLabels: new Map(),
    events: new Map(),
    comments: [],
    checks: new Map(),
    logs: new Map(),
    reruns: new Set(),
    remarks: new Map(),
    resolvedThreads: new Set(),
    lastNumber: 0,
    lastEvent: 0,
  };
}

/** A commit id made from words. */
export function fakeCommit(...words: readonly string[]): string {
  return sha256(words.join(' ')).slice(0, 40);
}

/** Opens an issue and returns it. */
export function openIssue(
  repository: FakeRepository,
  issue: { title: string; body: string; author: string; labels: readonly string[] },
  at: Date,
): HostIssue {
  repository.lastNumber += 1;
  const number = repository.lastNumber;
  const made: HostIssue = {
    number,
    title: issue.title,
    body: issue.body,
    state: 'open',
    stateReason: null,
    author: issue.author,
    authorIsBot: issue.author.endsWith('[bot]'),
    labels: [],
    url: webAddress(repository, 'issues', number),
    createdAt: at,
    updatedAt: at,
    locked: false,
  };
  repository.issues.set(number, made);
  setLabels(repository, number, issue.author, issue.labels, [], at);
  return issueOf(repository, number);
}

export function issueOf(repository: FakeRepository, number: number): HostIssue {
  const issue = repository.issues.get(number);
  if (issue === undefined) throw missing(`issue #${number} of ${repository.facts.ref.name}`);
  return issue;
}

function pullRequestOf(repository: FakeRepository, number: number): HostPullRequest {
  const pull = repository.pullRequests.get(number);
  if (pull === undefined) throw missing(`pull request #${number} of ${repository.facts.ref.name}`);
  return pull;
}

/** Changes words of an issue; a changed title leaves a `renamed` event, a changed body none (as on GitHub). */
export function editIssue(
  repository: FakeRepository,
  number: number,
  actor: string,
  change: { title?: string; body?: string },
  at: Date,
): void {
  const issue = issueOf(repository, number);
  repository.issues.set(number, { ...issue, ...change, updatedAt: at });
  if (change.title !== undefined && change.title !== issue.title)
    addEvent(repository, number, { type: 'renamed', actor, label: null, at });
  if (change.body !== undefined && change.body !== issue.body)
    addEvent(repository, number, { type: 'edited', actor, label: null, at });
}

export function setIssueState(
  repository: FakeRepository,
  number: number,
  actor: string,
  state: 'open' | 'closed',
  reason: string | null,
  at: Date,
): void {
  const issue = issueOf(repository, number);
  if (issue.state === state) return;
  const stateReason = state === 'closed' ? (reason ?? 'completed') : 'reopened';
  repository.issues.set(number, { ...issue, state, stateReason, updatedAt: at });
  const type = state === 'closed' ? 'closed' : 'reopened';
  addEvent(repository, number, { type, actor, label: null, at });
}

/** Adds and removes labels of an issue or pull request, with their events. */
export function setLabels(
  repository: FakeRepository,
  number: number,
  actor: string,
  add: readonly string[],
  remove: readonly string[],
  at: Date,
): void {
  const before = labelsOf(repository, number);
  const added = add.filter((label) => !before.includes(label));
  const removed = remove.filter((label) => before.includes(label));
  const labels = [...before, ...added].filter((label) => !removed.includes(label));
  const issue = repository.issues.get(number);
  if (issue === undefined) repository.pullRequestLabels.set(number, labels);
  else repository.issues.set(number, { ...issue, labels, updatedAt: at });
  for (const label of added) addEvent(repository, number, { type: 'labeled', actor, label, at });
  for (const label of removed)
    addEvent(repository, number, { type: 'unlabeled', actor, label, at });
}

export function labelsOf(repository: FakeRepository, number: number): readonly string[] {
  const issue = repository.issues.get(number);
  if (issue !== undefined) return issue.labels;
  pullRequestOf(repository, number);
  return repository.pullRequestLabels.get(number) ?? [];
}

export function addComment(
  repository: FakeRepository,
  number: number,
  author: string,
  body: string,
  at: Date,
): FakeComment {
  const issue = repository.issues.get(number);
  if (issue === undefined) pullRequestOf(repository, number);
  else repository.issues.set(number, { ...issue, updatedAt: at });
  const comment = { id: repository.comments.length + 1, number, author, body, createdAt: at };
  repository.comments.push(comment);
  return comment;
}

export function openPullRequest(
  repository: FakeRepository,
  pull: { title: string; body: string; head: string; base: string; draft: boolean; author: string },
  at: Date,
): HostPullRequest {
  const headSha = repository.branches.get(pull.head);
  if (headSha === undefined) throw refused(`there is no branch ${pull.head}`);
  if (!repository.branches.has(pull.base)) throw refused(`there is no branch ${pull.base}`);
  repository.lastNumber += 1;
  const number = repository.lastNumber;
  const made: HostPullRequest = {
    number,
    title: pull.title,
    body: pull.body,
    author: pull.author,
    state: 'open',
    draft: pull.draft,
    headBranch: pull.head,
    headSha,
    baseBranch: pull.base,
    mergeCommit: null,
    url: webAddress(repository, 'pull', number) ?? `${repository.facts.ref.name}#${number}`,
    updatedAt: at,
  };
  repository.pullRequests.set(number, made);
  return made;
}

export function endPullRequest(
  repository: FakeRepository,
  number: number,
  mergeCommit: string | null,
  at: Date,
): void {
  const pull = pullRequestOf(repository, number);
  if (pull.state !== 'open') throw refused(`pull request #${number} is ${pull.state}`);
  const state = mergeCommit === null ? 'closed' : 'merged';
  repository.pullRequests.set(number, { ...pull, state, mergeCommit, updatedAt: at });
  if (mergeCommit !== null) repository.branches.set(pull.baseBranch, mergeCommit);
}

function addEvent(repository: FakeRepository, number: number, event: Omit<FakeEvent, 'id'>): void {
  repository.lastEvent += 1;
  const events = repository.events.get(number) ?? [];
  const actorIsBot = event.actor.endsWith('[bot]');
  events.push({ ...event, actorIsBot, id: String(repository.lastEvent) });
  repository.events.set(number, events);
}

type FakeEvent = Omit<IssueEvent, 'actorIsBot'>;

function webAddress(repository: FakeRepository, kind: string, number: number): string | null {
  return repository.facts.url === null ? null : `${repository.facts.url}/${kind}/${number}`;
}

function missing(what: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'host_not_found',
    message: `There is no ${what}.`,
  });
}

function refused(why: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'host_refused',
    message: `The fake code host refuses: ${why}.`,
  });
}
