import type { Kysely } from 'kysely';
import type {
  CodeHost,
  HostIssue,
  HostPullRequest,
  IssueEvent,
  IssueQuery,
} from '../../domain/ports/code-host.ts';
import type { GitPush } from '../../domain/ports/git.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import { itemOf } from './local-items.ts';
import { expandFolders, readRepository, remoteOf } from './local-repository.ts';
import type { Item, LocalTables } from './tables.ts';

export interface LocalReadsDeps {
  readonly db: Kysely<LocalTables>;
  readonly git: GitPush;
  /** Login of the owner of the data folder, who is admin. */
  readonly owner: string;
}

type LocalReads = Omit<CodeHost, 'name' | 'self' | 'send' | 'find'>;

export function createLocalReads(deps: LocalReadsDeps): LocalReads {
  const { db, git, owner } = deps;
  const lively = createLivelyReader(git);
  return {
    repository: async (ref) => readRepository(git, ref),
    head: async (ref, branch, knownSha) => {
      const sha = await git.remoteRef(remoteOf(ref), branch);
      if (sha === null) throw noBranch(ref, branch);
      return sha === knownSha ? { changed: false } : { changed: true, sha };
    },
    expand: async (pattern) => expandFolders(pattern),
    remote: async (ref) => remoteOf(ref),
    roleOf: async (_ref, login) => (login === owner ? 'admin' : 'none'),
    issue: async (ref, number) => {
      const item = await itemOf(db, ref.name, number, 'issue');
      return item === undefined ? null : toIssue(item);
    },
    issuePlace: async (ref, number) => {
      const item = await itemOf(db, ref.name, number, 'issue');
      return { kind: item === undefined ? 'gone' : 'here' };
    },
    issues: async (ref, query) => (await listIssues(db, ref, query)).map(toIssue),
    issueEvents: async (ref, number) => ({
      events: await listEvents(db, ref, number),
      editsKnown: true,
    }),
    latestTexts: async (ref) => {
      const items = await db
        .selectFrom('local_items')
        .select(['number', 'title', 'body'])
        .where('repository', '=', ref.name)
        .orderBy('number', 'desc')
        .limit(100)
        .execute();
      const comments = await db
        .selectFrom('local_comments')
        .select('body')
        .where('repository', '=', ref.name)
        .orderBy('id', 'desc')
        .limit(100)
        .execute();
      return [
        ...comments.map(({ body }) => ({ body, author: null, number: null, url: null })),
        ...items.map(({ number, title, body }) => ({
          body: `${title}\n${body}`,
          author: null,
          number,
          url: null,
        })),
      ];
    },
    pullRequest: async (ref, number) => {
      const item = await itemOf(db, ref.name, number, 'pull');
      return item === undefined ? null : lively(item);
    },
    // Checks of a folder are the policy's own, run before the push; remarks are made on the task.
    checks: async () => [],
    checkLog: async () => null,
    remarks: async () => [],
    pullRequests: async (ref, query) => {
      let select = db
        .selectFrom('local_items')
        .selectAll()
        .where('repository', '=', ref.name)
        .where('kind', '=', 'pull')
        .orderBy('number');
      if (query.state === 'open') select = select.where('state', '=', 'open');
      if (query.headBranch !== undefined)
        select = select.where('head_branch', '=', query.headBranch);
      const pulls = await Promise.all((await select.execute()).map(lively));
      return pulls.filter((pull) => query.state === 'all' || pull.state === 'open');
    },
  };
}

async function listIssues(
  db: Kysely<LocalTables>,
  ref: RepositoryRef,
  query: IssueQuery,
): Promise<readonly Item[]> {
  let select = db
    .selectFrom('local_items')
    .selectAll()
    .where('repository', '=', ref.name)
    .where('kind', '=', 'issue')
    .orderBy('number', 'desc');
  if (query.state === 'open') select = select.where('state', '=', 'open');
  if (query.since !== undefined) select = select.where('updated_at', '>=', query.since);
  if (query.creator !== undefined) select = select.where('author', '=', query.creator);
  const items = await select.execute();
  const { labels } = query;
  if (labels === undefined) return items;
  return items.filter((item) => labels.some((label) => item.labels.includes(label)));
}

async function listEvents(
  db: Kysely<LocalTables>,
  ref: RepositoryRef,
  number: number,
): Promise<readonly IssueEvent[]> {
  const rows = await db
    .selectFrom('local_events')
    .selectAll()
    .where('repository', '=', ref.name)
    .where('number', '=', number)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: String(row.id),
    type: eventTypes.find((type) => type === row.type) ?? 'other',
    actor: row.actor,
    actorIsBot: false,
    label: row.label,
    at: row.at,
  }));
}

const eventTypes = ['labeled', 'unlabeled', 'renamed', 'closed', 'reopened', 'edited'] as const;

/**
 * An open pull request shows its branch as it is now; a person may also have merged it by hand. Of the same two commits
 * git is asked once, since their history does not change: this is read each round of each pull request.
 */
function createLivelyReader(git: GitPush): (item: Item) => Promise<HostPullRequest> {
  const apart = new Map<string, string>();
  return async (item) => {
    const stored = toPullRequest(item);
    const place = `${item.repository}#${item.number}`;
    if (stored.state !== 'open') {
      apart.delete(place);
      return stored;
    }
    const remote = remoteOf({ host: 'local', name: item.repository });
    const headSha = (await git.remoteRef(remote, stored.headBranch)) ?? stored.headSha;
    const now = { ...stored, headSha };
    const commits = `${headSha} ${await git.remoteRef(remote, stored.baseBranch)}`;
    if (apart.get(place) === commits) return now;
    const mergedAs = await git.containedBy({
      folder: item.repository,
      commit: headSha,
      branch: stored.baseBranch,
    });
    if (mergedAs !== null) return { ...now, state: 'merged', mergeCommit: mergedAs };
    apart.set(place, commits);
    return now;
  };
}

function toIssue(item: Item): HostIssue {
  return {
    number: item.number,
    title: item.title,
    body: item.body,
    state: item.state === 'open' ? 'open' : 'closed',
    stateReason: item.state_reason,
    author: item.author,
    authorIsBot: false,
    labels: item.labels,
    url: null,
    createdAt: item.created_at,
    updatedAt: item.updated_at,
    locked: false,
  };
}

function toPullRequest(item: Item): HostPullRequest {
  return {
    number: item.number,
    title: item.title,
    body: item.body,
    author: item.author,
    state: item.state,
    draft: item.draft,
    headBranch: item.head_branch ?? '',
    headSha: item.head_sha ?? '',
    baseBranch: item.base_branch ?? '',
    mergeCommit: item.merge_commit,
    url: `${item.repository}#${item.number}`,
    updatedAt: item.updated_at,
  };
}

function noBranch(ref: RepositoryRef, branch: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'branch_not_found',
    message: `${ref.name} has no branch ${branch}.`,
    next: 'Check the base branch of this repository in the configuration.',
  });
}
