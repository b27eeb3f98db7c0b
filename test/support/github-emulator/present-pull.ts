import type { ChangedFile } from './git-repository.ts';
import {
  association,
  issueHtmlUrl,
  type Json,
  nodeId,
  presentAccount,
  presentLabel,
  repositoryUrl,
} from './present.ts';
import { presentRepository } from './present-repository.ts';
import {
  fullName,
  type Issue,
  type Pull,
  type Repository,
  type Review,
  type ReviewComment,
  type State,
} from './state.ts';

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
    ...(comment.inReplyTo === null ? {} : { in_reply_to_id: comment.inReplyTo }),
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
