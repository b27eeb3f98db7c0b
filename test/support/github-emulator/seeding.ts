import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { commitFiles, initBare } from './git-repository.ts';
import type { Doer, IssueActs } from './issue-acts.ts';
import {
  type Account,
  type CheckRun,
  type CommitStatus,
  findAccount,
  fullName,
  type Issue,
  type Repository,
  type Role,
  requireAccount,
  requireRepository,
  type State,
} from './state.ts';

export interface UserSeed {
  readonly type?: Account['type'];
  /** What the user signs in with; `token-<login>` when not said. */
  readonly token?: string;
  readonly suspended?: boolean;
}

export interface RepositorySeed {
  /** `owner/name`; an unknown owner becomes an organization. */
  readonly fullName: string;
  /** Text of each path in the first commit. */
  readonly files?: Readonly<Record<string, string>>;
  readonly defaultBranch?: string;
  readonly private?: boolean;
  /** Roles by login; unknown logins become users. */
  readonly roles?: Readonly<Record<string, Role>>;
  readonly labels?: readonly string[];
}

/** What a test arranges: the world that the program under test finds, and turns that it takes. */
export interface Seeding {
  /** Makes a user, or changes one; answers the token. */
  addUser(login: string, seed?: UserSeed): string;
  addRepository(seed: RepositorySeed): Promise<void>;
  setRole(repository: string, login: string, role: Role): void;
  /** The old name redirects from then on. */
  renameRepository(repository: string, newFullName: string): void;
  updateRepository(
    repository: string,
    change: Partial<Pick<Repository, 'archived' | 'private' | 'issuesEnabled' | 'defaultBranch'>>,
  ): void;
  deleteRepository(repository: string): void;
  /** Pushes to the branch are refused from then on. */
  protectBranch(repository: string, branch: string): void;
  deleteIssue(repository: string, number: number): void;
  /** Answers the number in the new repository; the old place redirects there. */
  transferIssue(repository: string, number: number, to: string): number;
  addCheckRun(repository: string, run: CheckRunSeed): void;
  addStatus(repository: string, status: StatusSeed): void;
}

export interface CheckRunSeed {
  readonly sha: string;
  readonly name: string;
  readonly status?: CheckRun['status'];
  readonly conclusion?: string | null;
  readonly summary?: string;
  /** Makes it a job of that run of GitHub Actions. */
  readonly pipeline?: number;
  readonly log?: string;
}
/** The same as in a seed, with null for what is not said. */
type Words = { summary?: string | null; pipeline?: number | null; log?: string | null };

export interface StatusSeed {
  readonly sha: string;
  readonly context: string;
  readonly state: CommitStatus['state'];
  readonly description?: string;
}

export function createSeeding(state: State, issues: IssueActs, folder: string): Seeding {
  const repository = (name: string): Repository => requireRepository(state, name);
  const seeding: Seeding = {
    addUser(login, { type = 'User', token = `token-${login}`, suspended = false } = {}) {
      const known = findAccount(state, login);
      const account = known ?? { id: state.nextId(), login, type, suspended, tokens: new Set() };
      account.suspended = suspended;
      account.tokens.add(token);
      state.accounts.set(login.toLowerCase(), account);
      return token;
    },
    async addRepository(seed) {
      const repo = newRepository(state, seed, folder);
      for (const [login, role] of Object.entries(seed.roles ?? {})) {
        if (findAccount(state, login) === undefined) seeding.addUser(login);
        repo.roles.set(login.toLowerCase(), role);
      }
      for (const name of seed.labels ?? []) {
        repo.labels.push({ id: state.nextId(), name, color: 'ededed', description: null });
      }
      await initBare(repo.dir, repo.defaultBranch);
      if (seed.files !== undefined) {
        const { owner, defaultBranch: branch } = repo;
        const first = { branch, message: 'Initial commit', author: owner.login, files: seed.files };
        await commitFiles(repo.dir, first);
      }
      state.repositories.set(repo.id, repo);
      state.names.set(seed.fullName.toLowerCase(), repo.id);
    },
    setRole: (name, login, role) => void repository(name).roles.set(login.toLowerCase(), role),
    renameRepository(name, newFullName) {
      const repo = repository(name);
      const [owner = '', newName = ''] = newFullName.split('/');
      repo.owner = ownerAccount(state, owner);
      repo.name = newName;
      state.names.set(newFullName.toLowerCase(), repo.id);
    },
    updateRepository: (name, change) => void Object.assign(repository(name), change),
    deleteRepository: (name) => void state.repositories.delete(repository(name).id),
    protectBranch: (name, branch) =>
      appendFileSync(join(repository(name).dir, 'protected-refs'), `refs/heads/${branch}\n`),
    deleteIssue(name, number) {
      const repo = repository(name);
      repo.issues.delete(number);
      repo.gone.set(number, null);
    },
    transferIssue(name, number, to) {
      const [from, target] = [repository(name), repository(to)];
      const moved = takeIssue(from, number);
      moved.number = target.nextNumber++;
      target.issues.set(moved.number, moved);
      from.gone.set(number, `${state.apiUrl}/repos/${fullName(target)}/issues/${moved.number}`);
      issues.event(system(moved.user), target, moved, 'transferred');
      return moved.number;
    },
    addCheckRun(
      name,
      {
        sha,
        name: title,
        status = 'completed',
        conclusion = null,
        summary = null,
        pipeline = null,
        log = null,
      }: Omit<CheckRunSeed, 'summary' | 'pipeline' | 'log'> & Words,
    ) {
      const now = state.timestamp();
      const times = { startedAt: now, completedAt: status === 'completed' ? now : null };
      const words = { summary, log };
      const run = { id: state.nextId(), name: title, sha, status, conclusion, pipeline };
      const repo = repository(name);
      repo.checkRuns.push({ ...run, ...words, ...times });
      if (pipeline !== null && !repo.pipelines.has(pipeline)) repo.pipelines.set(pipeline, 1);
    },
    addStatus(name, { description = null, ...status }) {
      const repo = repository(name);
      const stamp = { id: state.nextId(), createdAt: state.timestamp(), creator: repo.owner };
      repo.statuses.push({ ...status, ...stamp, description });
    },
  };
  return seeding;
}

const system = (account: Account): Doer => ({ account, via: 'seed', requestId: null });

function takeIssue(repo: Repository, number: number): Issue {
  const issue = repo.issues.get(number);
  if (issue === undefined) throw new Error(`${fullName(repo)} has no issue ${number}`);
  repo.issues.delete(number);
  return issue;
}

function ownerAccount(state: State, login: string): Account {
  if (findAccount(state, login) === undefined) {
    const type = 'Organization' as const;
    const account = {
      id: state.nextId(),
      login,
      type,
      suspended: false,
      tokens: new Set<string>(),
    };
    state.accounts.set(login.toLowerCase(), account);
  }
  return requireAccount(state, login);
}

function newRepository(state: State, seed: RepositorySeed, folder: string): Repository {
  const [owner = '', name = ''] = seed.fullName.split('/');
  const now = state.timestamp();
  return {
    id: state.nextId(),
    owner: ownerAccount(state, owner),
    name,
    dir: join(folder, `${owner}/${name}.git`),
    defaultBranch: seed.defaultBranch ?? 'main',
    private: seed.private ?? false,
    archived: false,
    issuesEnabled: true,
    roles: new Map(),
    issues: new Map(),
    gone: new Map(),
    labels: [],
    events: [],
    checkRuns: [],
    statuses: [],
    pipelines: new Map(),
    createdAt: now,
    pushedAt: now,
    nextNumber: 1,
  };
}
