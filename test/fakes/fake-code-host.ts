import type { HostRole } from '../../src/domain/approval.ts';
import type { EffectKind, EffectResult } from '../../src/domain/effect.ts';
import type { CodeHost, HostIssue, HostWrite } from '../../src/domain/ports/code-host.ts';
import { type HostName, type RepositoryRef, repositoryKey } from '../../src/domain/repository.ts';
import { AppError } from '../../src/lib/app-error.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import {
  addComment,
  createFakeRepository,
  editIssue,
  endPullRequest,
  type FakeComment,
  type FakeRepository,
  type FakeRepositoryOptions,
  fakeCommit,
  issueOf,
  openIssue,
  setIssueState,
  setLabels,
} from './fake-repository.ts';
import { type FakePush, findFakeWrite, makeFakeWrite } from './fake-writes.ts';

/** One write as the fake really did it; duplicates are counted here. */
export interface JournalEntry {
  readonly kind: EffectKind;
  readonly repository: string;
  readonly number: number | null;
  readonly marker: string;
  /** `made`: something changed; `adopted`: it was so already; `refused`: an error and no change. */
  readonly outcome: 'made' | 'adopted' | 'refused';
  /** The caller was told nothing although it happened. */
  readonly answerLost: boolean;
}

/** A code host in memory that passes the conformance suite, with methods to act as people and to lose answers. */
export interface FakeCodeHost extends CodeHost {
  readonly journal: readonly JournalEntry[];
  addRepository(name: string, options?: FakeRepositoryOptions): RepositoryRef;
  /** Everything the repository holds. */
  state(ref: RepositoryRef): FakeRepository;
  setRole(ref: RepositoryRef, login: string, role: HostRole): void;
  setHead(ref: RepositoryRef, branch: string, sha: string): void;
  openIssue(
    ref: RepositoryRef,
    issue: { title: string; body?: string; author: string; labels?: readonly string[] },
  ): HostIssue;
  label(ref: RepositoryRef, number: number, actor: string, label: string): void;
  unlabel(ref: RepositoryRef, number: number, actor: string, label: string): void;
  editIssue(
    ref: RepositoryRef,
    number: number,
    actor: string,
    change: { title?: string; body?: string },
  ): void;
  comment(ref: RepositoryRef, number: number, actor: string, body: string): void;
  close(ref: RepositoryRef, number: number, actor: string, reason?: string): void;
  reopen(ref: RepositoryRef, number: number, actor: string): void;
  /** Transfers an issue to another repository; null: to one that we may not see. */
  moveIssue(ref: RepositoryRef, number: number, to: string | null): void;
  /** Merges and moves the base branch; returns the merge commit. */
  mergePullRequest(ref: RepositoryRef, number: number): string;
  closePullRequest(ref: RepositoryRef, number: number): void;
  comments(ref: RepositoryRef, number: number): readonly FakeComment[];
  /** From now on edits of bodies are not told, as by a server without GraphQL. */
  tellNoEdits(): void;
  /** The next write of the kind happens, but the caller gets `unknown_outcome`. */
  loseNextAnswer(kind: EffectKind): void;
  /** The next write of the kind does not happen; the caller gets the error. */
  failNext(kind: EffectKind, error: AppError): void;
}

export interface FakeCodeHostOptions {
  readonly name?: HostName;
  /** Our own login. */
  readonly self?: string;
  readonly clock?: Clock;
  /** Moves real refs as well, for tests with a real repository behind `remoteUrl`. */
  readonly push?: FakePush;
}

export function createFakeCodeHost(options: FakeCodeHostOptions = {}): FakeCodeHost {
  const self = options.self ?? 'svc-bot';
  const clock = options.clock ?? systemClock;
  const held: Held = {
    name: options.name ?? 'github',
    repositories: new Map(),
    journal: [],
    lost: [],
    failures: [],
    tellsEdits: true,
  };
  return {
    name: held.name,
    journal: held.journal,
    ...createReads(held, self),
    ...createPeople(held, clock),
    send: (write) => send(held, write, { self, at: clock.now(), push: options.push ?? null }),
    find: async (write) => findFakeWrite(stateOf(held, write.repository), write, self),
    loseNextAnswer: (kind) => void held.lost.push(kind),
    tellNoEdits: () => {
      held.tellsEdits = false;
    },
    failNext: (kind, error) => void held.failures.push({ kind, error }),
  };
}

interface Held {
  readonly name: HostName;
  readonly repositories: Map<string, FakeRepository>;
  readonly journal: JournalEntry[];
  readonly lost: EffectKind[];
  tellsEdits: boolean;
  readonly failures: { readonly kind: EffectKind; readonly error: AppError }[];
}

type Reads = Omit<CodeHost, 'name' | 'send' | 'find'>;

function createReads(held: Held, self: string): Reads {
  return {
    repository: async (ref) => stateOf(held, ref).facts,
    head: async (ref, branch, knownSha) => headOf(stateOf(held, ref), branch, knownSha),
    expand: async (pattern) => expand(held, pattern),
    remote: async (ref) => ({ url: stateOf(held, ref).remoteUrl, env: {} }),
    self: async () => self,
    roleOf: async (ref, login) =>
      stateOf(held, ref).roles.get(login.toLowerCase()) ?? (login === self ? 'write' : 'none'),
    issue: async (ref, number) => stateOf(held, ref).issues.get(number) ?? null,
    issuePlace: async (ref, number) => {
      const { issues, moved } = stateOf(held, ref);
      if (issues.has(number)) return { kind: 'here' };
      const to = moved.get(number);
      return to === undefined ? { kind: 'gone' } : { kind: 'moved', to };
    },
    issues: async (ref, query) =>
      [...stateOf(held, ref).issues.values()].filter(
        (issue) =>
          (query.state === 'all' || issue.state === 'open') &&
          (query.labels === undefined ||
            query.labels.some((label) => issue.labels.includes(label))) &&
          (query.since === undefined || issue.updatedAt >= query.since) &&
          (query.creator === undefined || issue.author === query.creator),
      ),
    issueEvents: async (ref, number) => {
      const events = stateOf(held, ref).events.get(number) ?? [];
      const editsKnown = held.tellsEdits;
      return { events: events.filter(({ type }) => editsKnown || type !== 'edited'), editsKnown };
    },
    latestTexts: async (ref) => {
      const { comments, issues, pullRequests } = stateOf(held, ref);
      return [
        ...comments
          .slice(-100)
          .toReversed()
          .map(({ body, author }) => ({ body, author, number: null, url: null })),
        ...[...issues.values(), ...pullRequests.values()].map(
          ({ number, title, body, author, url }) => ({
            body: `${title}\n${body}`,
            author,
            number,
            url,
          }),
        ),
      ];
    },
    pullRequest: async (ref, number) => stateOf(held, ref).pullRequests.get(number) ?? null,
    checks: async (ref, sha) => stateOf(held, ref).checks.get(sha) ?? [],
    checkLog: async (ref, job) => stateOf(held, ref).logs.get(job) ?? null,
    remarks: async (ref, number) => {
      const { remarks, resolvedThreads } = stateOf(held, ref);
      return (remarks.get(number) ?? []).filter(({ thread }) => !resolvedThreads.has(thread ?? 0));
    },
    pullRequests: async (ref, query) =>
      [...stateOf(held, ref).pullRequests.values()].filter(
        (pull) =>
          (query.state === 'all' || pull.state === 'open') &&
          (query.headBranch === undefined || pull.headBranch === query.headBranch),
      ),
  };
}

type People = Omit<
  FakeCodeHost,
  keyof CodeHost | 'journal' | 'tellNoEdits' | 'loseNextAnswer' | 'failNext'
>;

function createPeople(held: Held, clock: Clock): People {
  const of = (ref: RepositoryRef): FakeRepository => stateOf(held, ref);
  return {
    addRepository: (name, repositoryOptions = {}) => {
      const ref = { host: held.name, name };
      held.repositories.set(repositoryKey(ref), createFakeRepository(ref, repositoryOptions));
      return ref;
    },
    state: of,
    moveIssue: (ref, number, to) => {
      of(ref).issues.delete(number);
      of(ref).moved.set(number, to);
    },
    setRole: (ref, login, role) => void of(ref).roles.set(login.toLowerCase(), role),
    setHead: (ref, branch, sha) => void of(ref).branches.set(branch, sha),
    openIssue: (ref, issue) => openIssue(of(ref), { body: '', labels: [], ...issue }, clock.now()),
    label: (ref, number, actor, label) =>
      setLabels(of(ref), number, actor, [label], [], clock.now()),
    unlabel: (ref, number, actor, label) =>
      setLabels(of(ref), number, actor, [], [label], clock.now()),
    editIssue: (ref, number, actor, change) =>
      editIssue(of(ref), number, actor, change, clock.now()),
    comment: (ref, number, actor, body) =>
      void addComment(of(ref), number, actor, body, clock.now()),
    close: (ref, number, actor, reason) =>
      setIssueState(of(ref), number, actor, 'closed', reason ?? null, clock.now()),
    reopen: (ref, number, actor) =>
      setIssueState(of(ref), number, actor, 'open', null, clock.now()),
    mergePullRequest: (ref, number) => {
      const commit = fakeCommit(ref.name, 'merge', String(number));
      endPullRequest(of(ref), number, commit, clock.now());
      return commit;
    },
    closePullRequest: (ref, number) => endPullRequest(of(ref), number, null, clock.now()),
    comments: (ref, number) =>
      of(ref).comments.filter((comment) => {
        if (!of(ref).pullRequests.has(number)) issueOf(of(ref), number);
        return comment.number === number;
      }),
  };
}

async function send(
  held: Held,
  write: HostWrite,
  by: { self: string; at: Date; push: FakePush | null },
): Promise<EffectResult> {
  const note = (outcome: JournalEntry['outcome'], number: number | null, lost: boolean): void => {
    const { kind, marker } = write;
    const repository = repositoryKey(write.repository);
    held.journal.push({ kind, repository, number, marker, outcome, answerLost: lost });
  };
  const failure = take(held.failures, (planned) => planned.kind === write.kind);
  try {
    if (failure !== null) throw failure.error;
    const result = await makeFakeWrite(stateOf(held, write.repository), write, by);
    const lost = take(held.lost, (kind) => kind === write.kind) !== null;
    note(result.adopted ? 'adopted' : 'made', result.number, lost);
    if (lost) throw answerLost(write.kind);
    return result;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'answer_lost') note('refused', null, false);
    throw error;
  }
}

function answerLost(kind: EffectKind): AppError {
  return new AppError({
    kind: 'unknown_outcome',
    code: 'answer_lost',
    message: `The answer to ${kind} was lost.`,
  });
}

function take<T>(from: T[], wanted: (item: T) => boolean): T | null {
  const index = from.findIndex(wanted);
  return index === -1 ? null : (from.splice(index, 1)[0] ?? null);
}

function stateOf(held: Held, ref: RepositoryRef): FakeRepository {
  const repository = held.repositories.get(repositoryKey(ref));
  if (repository !== undefined) return repository;
  throw new AppError({
    kind: 'not_found',
    code: 'repository_not_found',
    message: `There is no repository ${ref.name}, or it may not be seen.`,
  });
}

function headOf(
  repository: FakeRepository,
  branch: string,
  knownSha: string | null,
): { changed: false } | { changed: true; sha: string } {
  const sha = repository.branches.get(branch);
  if (sha === undefined)
    throw new AppError({
      kind: 'not_found',
      code: 'branch_not_found',
      message: `${repository.facts.ref.name} has no branch ${branch}.`,
    });
  return sha === knownSha ? { changed: false } : { changed: true, sha };
}

function expand(held: Held, pattern: string): readonly RepositoryRef[] {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/gu, '\\$&'));
  const matcher = new RegExp(`^${parts.join('[^/]*')}$`, 'iu');
  return [...held.repositories.values()]
    .map((repository) => repository.facts.ref)
    .filter((ref) => matcher.test(ref.name));
}
