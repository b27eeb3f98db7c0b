import type { ChangedFile, CommitDetails } from './git-repository.ts';
import {
  association,
  issueHtmlUrl,
  type Json,
  nodeId,
  permissions,
  presentAccount,
  presentLabel,
  repositoryUrl,
} from './present.ts';
import {
  type Account,
  type CheckRun,
  type CommitStatus,
  fullName,
  type Issue,
  type Pull,
  type Repository,
  type Review,
  type ReviewComment,
  roleOf,
  type State,
} from './state.ts';

const repositoryAddresses: Readonly<Record<string, string>> = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
};

/** A repository as its own page gives it; `viewer` decides the `permissions`. */
export function presentRepository(state: State, repo: Repository, viewer: Account | null): Json {
  const url = repositoryUrl(state, repo);
  const html = `${state.serverUrl}/${fullName(repo)}`;
  const open = [...repo.issues.values()].filter((issue) => issue.state === 'open').length;
  const addresses = Object.entries(repositoryAddresses).map(([key, path]) => [key, url + path]);
  return {
    id: repo.id,
    node_id: nodeId('R', repo.id),
    name: repo.name,
    full_name: fullName(repo),
    private: repo.private,
    owner: presentAccount(state, repo.owner),
    html_url: html,
    description: null,
    fork: false,
    url,
    ...(Object.fromEntries(addresses) as Json),
    created_at: repo.createdAt,
    updated_at: repo.pushedAt,
    pushed_at: repo.pushedAt,
    git_url: html.replace(/^https?/, 'git') + '.git',
    ssh_url: `git@${new URL(html).hostname}:${fullName(repo)}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    homepage: null,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: repo.issuesEnabled,
    has_projects: false,
    has_downloads: false,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    mirror_url: null,
    archived: repo.archived,
    disabled: false,
    open_issues_count: open,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: repo.private ? 'private' : 'public',
    forks: 0,
    open_issues: open,
    watchers: 0,
    default_branch: repo.defaultBranch,
    permissions: permissions(roleOf(repo, viewer)),
    network_count: 0,
    subscribers_count: 0,
  };
}

/** A pull request as lists give it. */
export function presentPull(state: State, repo: Repository, issue: Issue, pull: Pull): Json {
  const api = repositoryUrl(state, repo);
  const url = `${api}/pulls/${issue.number}`;
  const html = issueHtmlUrl(state, repo, issue);
  const assignees = issue.assignees.map((account) => presentAccount(state, account));
  const links = {
    self: url,
    html,
    issue: `${api}/issues/${issue.number}`,
    comments: `${api}/issues/${issue.number}/comments`,
    review_comments: `${url}/comments`,
    review_comment: `${api}/pulls/comments{/number}`,
    commits: `${url}/commits`,
    statuses: `${api}/statuses/${pull.headSha}`,
  };
  const hrefs = Object.entries(links).map(([key, href]) => [key, { href }]);
  return {
    url,
    id: issue.id,
    node_id: nodeId('PR', issue.id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: links.issue,
    number: issue.number,
    state: issue.state,
    locked: issue.locked,
    title: issue.title,
    user: presentAccount(state, issue.user),
    body: issue.body,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeSha,
    assignee: assignees[0] ?? null,
    assignees,
    requested_reviewers: [],
    requested_teams: [],
    labels: issue.labels.map((label) => presentLabel(state, repo, label)),
    milestone: null,
    draft: pull.draft,
    commits_url: links.commits,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    comments_url: links.comments,
    statuses_url: links.statuses,
    head: presentSide(state, repo, pull.headRef, pull.headSha),
    base: presentSide(state, repo, pull.baseRef, pull.baseSha),
    _links: Object.fromEntries(hrefs) as Json,
    author_association: association(repo, issue.user),
    auto_merge: null,
    active_lock_reason: issue.lockReason,
  };
}

/** What a single pull request adds to `presentPull`. */
export function presentPullDetails(
  state: State,
  issue: Issue,
  pull: Pull,
  diff: { files: readonly ChangedFile[]; commits: number; mergeable: boolean | null },
): Json {
  const sum = (count: (file: ChangedFile) => number): number =>
    diff.files.reduce((total, file) => total + count(file), 0);
  return {
    merged: pull.merged,
    mergeable: pull.merged ? null : diff.mergeable,
    rebaseable: null,
    mergeable_state: mergeableState(pull, diff.mergeable),
    merged_by: pull.mergedBy === null ? null : presentAccount(state, pull.mergedBy),
    comments: issue.comments.length,
    review_comments: pull.reviewComments.length,
    maintainer_can_modify: false,
    commits: diff.commits,
    additions: sum((file) => file.additions),
    deletions: sum((file) => file.deletions),
    changed_files: diff.files.length,
  };
}

export function presentCommit(state: State, repo: Repository, commit: CommitDetails): Json {
  const api = repositoryUrl(state, repo);
  const html = `${state.serverUrl}/${fullName(repo)}`;
  const person = { name: commit.name, email: commit.email, date: commit.date };
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    commit: {
      author: person,
      committer: person,
      message: commit.message,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      url: `${api}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: {
        verified: false,
        reason: 'unsigned',
        signature: null,
        payload: null,
        verified_at: null,
      },
    },
    url: `${api}/commits/${commit.sha}`,
    html_url: `${html}/commit/${commit.sha}`,
    comments_url: `${api}/commits/${commit.sha}/comments`,
    author: null,
    committer: null,
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/commits/${sha}`,
      html_url: `${html}/commit/${sha}`,
    })),
  };
}

export function presentFile(state: State, repo: Repository, file: ChangedFile, sha: string): Json {
  const html = `${state.serverUrl}/${fullName(repo)}`;
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${html}/blob/${sha}/${encodeURI(file.path)}`,
    raw_url: `${html}/raw/${sha}/${encodeURI(file.path)}`,
    contents_url: `${repositoryUrl(state, repo)}/contents/${encodeURI(file.path)}?ref=${sha}`,
    patch: file.patch,
  };
}

export function presentReview(state: State, repo: Repository, issue: Issue, review: Review): Json {
  const html = `${issueHtmlUrl(state, repo, issue)}#pullrequestreview-${review.id}`;
  const pull = `${repositoryUrl(state, repo)}/pulls/${issue.number}`;
  return {
    id: review.id,
    node_id: nodeId('PRR', review.id),
    user: presentAccount(state, review.user),
    body: review.body,
    state: review.state,
    html_url: html,
    pull_request_url: pull,
    author_association: association(repo, review.user),
    _links: { html: { href: html }, pull_request: { href: pull } },
    submitted_at: review.submittedAt,
    commit_id: review.sha,
  };
}

export function presentReviewComment(
  state: State,
  repo: Repository,
  issue: Issue,
  comment: ReviewComment,
): Json {
  const url = `${repositoryUrl(state, repo)}/pulls/comments/${comment.id}`;
  const html = `${issueHtmlUrl(state, repo, issue)}#discussion_r${comment.id}`;
  const pull = `${repositoryUrl(state, repo)}/pulls/${issue.number}`;
  return {
    id: comment.id,
    node_id: nodeId('PRRC', comment.id),
    url,
    pull_request_review_id: comment.reviewId,
    diff_hunk: '@@',
    path: comment.path,
    position: comment.line,
    original_position: comment.line,
    line: comment.line,
    side: 'RIGHT',
    commit_id: comment.sha,
    original_commit_id: comment.sha,
    user: presentAccount(state, comment.user),
    body: comment.body,
    created_at: comment.createdAt,
    updated_at: comment.createdAt,
    html_url: html,
    pull_request_url: pull,
    author_association: association(repo, comment.user),
    _links: { self: { href: url }, html: { href: html }, pull_request: { href: pull } },
  };
}

export function presentCheckRun(state: State, repo: Repository, run: CheckRun): Json {
  const url = `${repositoryUrl(state, repo)}/check-runs/${run.id}`;
  return {
    id: run.id,
    node_id: nodeId('CR', run.id),
    head_sha: run.sha,
    external_id: '',
    url,
    html_url: `${state.serverUrl}/${fullName(repo)}/runs/${run.id}`,
    details_url: `${state.serverUrl}/${fullName(repo)}/runs/${run.id}`,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      title: run.name,
      summary: run.summary,
      text: null,
      annotations_count: 0,
      annotations_url: `${url}/annotations`,
    },
    name: run.name,
    check_suite: { id: run.id },
    app: null,
    pull_requests: [],
  };
}

export function presentStatus(state: State, repo: Repository, status: CommitStatus): Json {
  return {
    url: `${repositoryUrl(state, repo)}/statuses/${status.sha}`,
    id: status.id,
    node_id: nodeId('SC', status.id),
    avatar_url: null,
    state: status.state,
    description: status.description,
    target_url: null,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
  };
}

function presentSide(state: State, repo: Repository, ref: string, sha: string): Json {
  const user = presentAccount(state, repo.owner);
  const full = presentRepository(state, repo, null);
  return { label: `${repo.owner.login}:${ref}`, ref, sha, user, repo: full };
}

function mergeableState(pull: Pull, mergeable: boolean | null): string {
  if (pull.merged || mergeable === null) return 'unknown';
  if (!mergeable) return 'dirty';
  return pull.draft ? 'draft' : 'clean';
}
