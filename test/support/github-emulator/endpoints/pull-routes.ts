import { branches, changedFiles, readCommits } from '../git-repository.ts';
import {
  presentFile,
  presentPull,
  presentPullDetails,
  presentReview,
  presentReviewComment,
} from '../present-pull.ts';
import { presentCommit } from '../present-repository.ts';
import {
  type Call,
  invalid,
  notFound,
  page,
  pullOf,
  RestError,
  type Route,
  sortedBy,
  textField,
} from '../route.ts';
import { hasRole, type Issue, type Pull, type ReviewState } from '../state.ts';
import { forbidden } from './issue-routes.ts';
import { isMergeable } from './repository-routes.ts';

const pulls = '/repos/{owner}/{repo}/pulls';
const one = `${pulls}/{pull_number}`;

export const pullRoutes: readonly Route[] = [
  { method: 'GET', path: pulls, handle: listPulls },
  { method: 'POST', path: pulls, createsContent: true, handle: createPull },
  { method: 'GET', path: one, handle: (call) => shown(call, pullOf(call)) },
  { method: 'PATCH', path: one, handle: updatePull },
  {
    method: 'GET',
    path: `${one}/files`,
    handle: async (call) => {
      const { pull } = pullOf(call);
      const files = await changedFiles(call.repo.dir, pull.baseSha, pull.headSha);
      return page(call, files, (file) => presentFile(call.state, call.repo, file, pull.headSha));
    },
  },
  {
    method: 'GET',
    path: `${one}/commits`,
    handle: async (call) => {
      const { pull } = pullOf(call);
      const range = `${pull.baseSha}..${pull.headSha}`;
      const commits = await readCommits(call.repo.dir, '--reverse', range);
      return page(call, commits, (commit) => presentCommit(call.state, call.repo, commit));
    },
  },
  { method: 'PUT', path: `${one}/merge`, needs: 'write', handle: mergePull },
  {
    method: 'GET',
    path: `${one}/reviews`,
    handle: (call) => {
      const { issue, pull } = pullOf(call);
      return page(call, pull.reviews, (review) =>
        presentReview(call.state, call.repo, issue, review),
      );
    },
  },
  { method: 'POST', path: `${one}/reviews`, createsContent: true, handle: createReview },
  {
    method: 'GET',
    path: `${one}/comments`,
    handle: (call) => {
      const { issue, pull } = pullOf(call);
      return page(call, pull.reviewComments, (comment) =>
        presentReviewComment(call.state, call.repo, issue, comment),
      );
    },
  },
];

function listPulls(call: Call) {
  const { query } = call;
  const state = query.get('state') ?? 'open';
  const [head, base] = [query.get('head'), query.get('base')];
  const owner = call.repo.owner.login;
  const matching = [...call.repo.issues.values()].filter(({ pull, ...issue }) => {
    if (pull === null || (state !== 'all' && issue.state !== state)) return false;
    if (base !== null && pull.baseRef !== base) return false;
    return head === null || head.toLowerCase() === `${owner}:${pull.headRef}`.toLowerCase();
  });
  const keys = {
    created: (issue: Issue) => issue.createdAt,
    updated: (issue: Issue) => issue.updatedAt,
  };
  const direction = query.has('sort') && query.get('sort') !== 'created' ? 'asc' : 'desc';
  const sorted = sortedBy(query, matching, keys, { sort: 'created', direction });
  return page(call, sorted, (issue) =>
    issue.pull === null ? {} : presentPull(call.state, call.repo, issue, issue.pull),
  );
}

async function shown(call: Call, { issue, pull }: { issue: Issue; pull: Pull }, status = 200) {
  const { dir } = call.repo;
  const files = await changedFiles(dir, pull.baseSha, pull.headSha);
  const commits = await readCommits(dir, `${pull.baseSha}..${pull.headSha}`);
  const base = (await branches(dir)).get(pull.baseRef) ?? pull.baseSha;
  const mergeable = issue.state === 'open' ? await isMergeable(dir, base, pull.headSha) : null;
  const details = presentPullDetails(call.state, issue, pull, {
    files,
    commits: commits.length,
    mergeable,
  });
  return { status, body: { ...presentPull(call.state, call.repo, issue, pull), ...details } };
}

async function createPull(call: Call) {
  const { body, repo } = call;
  if (!hasRole(call.role, 'read')) throw notFound();
  const title = textField(body, 'title') ?? '';
  if (title.trim() === '') throw invalid('PullRequest', 'missing_field', 'title');
  const owner = repo.owner.login;
  const headRef = (textField(body, 'head') ?? '').replace(new RegExp(`^${owner}:`, 'i'), '');
  const baseRef = textField(body, 'base') ?? '';
  const known = await branches(repo.dir);
  const headSha = known.get(headRef);
  if (headSha === undefined) throw invalid('PullRequest', 'invalid', 'head');
  const baseSha = known.get(baseRef);
  if (baseSha === undefined) throw invalid('PullRequest', 'invalid', 'base');
  if ((await readCommits(repo.dir, `${baseSha}..${headSha}`)).length === 0) {
    throw custom(`No commits between ${baseRef} and ${headRef}`);
  }
  if (isOpen(call, headRef, baseRef)) {
    throw custom(`A pull request already exists for ${owner}:${headRef}.`);
  }
  const draft = body['draft'] === true;
  const text = textField(body, 'body') ?? null;
  const issue = call.pulls.open(call.doer, repo, {
    title,
    body: text,
    headRef,
    headSha,
    baseRef,
    baseSha,
    draft,
  });
  if (issue.pull === null) throw notFound();
  return shown(call, { issue, pull: issue.pull }, 201);
}

function isOpen(call: Call, headRef: string, baseRef: string): boolean {
  return [...call.repo.issues.values()].some(
    ({ pull, state }) => state === 'open' && pull?.headRef === headRef && pull.baseRef === baseRef,
  );
}

const custom = (message: string): RestError =>
  new RestError(422, 'Validation Failed', {
    errors: [{ resource: 'PullRequest', code: 'custom', message }],
  });

function updatePull(call: Call) {
  const { issue, pull } = pullOf(call);
  if (issue.user !== call.account && !hasRole(call.role, 'write')) throw forbidden();
  const title = textField(call.body, 'title');
  const body = textField(call.body, 'body');
  if (title !== undefined || body !== undefined) {
    const change = {
      ...(title === undefined ? {} : { title }),
      ...(body === undefined ? {} : { body }),
    };
    call.issues.edit(call.doer, call.repo, issue, change);
  }
  const state = textField(call.body, 'state');
  if (state === 'open' && pull.merged)
    throw custom('state cannot be changed. The pull request is merged.');
  if (state === 'open' || state === 'closed') {
    call.issues.setState(call.doer, call.repo, issue, state, null);
  }
  return shown(call, { issue, pull });
}

async function mergePull(call: Call) {
  const { issue, pull } = pullOf(call);
  if (issue.state === 'closed' || pull.draft) {
    throw new RestError(405, 'Pull Request is not mergeable');
  }
  const expected = textField(call.body, 'sha');
  if (expected !== undefined && expected !== pull.headSha) {
    throw new RestError(409, 'Head branch was modified. Review and try the merge again.');
  }
  const sha = await call.pulls.merge(call.doer, call.repo, issue, pull);
  if (sha === undefined) throw new RestError(405, 'Pull Request is not mergeable');
  return { status: 200, body: { sha, merged: true, message: 'Pull Request successfully merged' } };
}

const reviewStates: Readonly<Record<string, ReviewState>> = {
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
};

function createReview(call: Call) {
  const { issue } = pullOf(call);
  const state = reviewStates[textField(call.body, 'event') ?? ''];
  if (state === undefined) throw invalid('PullRequestReview', 'missing_field', 'event');
  const text = textField(call.body, 'body') ?? '';
  const review = call.pulls.review(call.doer, call.repo, issue, state, text);
  return { status: 200, body: presentReview(call.state, call.repo, issue, review) };
}
