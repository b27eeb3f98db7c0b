import { branches } from './git-repository.ts';
import type { Doer, IssueActs } from './issue-acts.ts';
import type { PullActs } from './pull-acts.ts';
import {
  type Comment,
  fullName,
  hasRole,
  type Issue,
  type Pull,
  type Repository,
  type ReviewState,
  type Role,
  requireAccount,
  requireRepository,
  roleOf,
  type State,
} from './state.ts';

/** A person at work on the web site: no request, no fault, no limit, but with GitHub's rights. */
export interface Person {
  /** Answers the number. */
  openIssue(
    repository: string,
    issue: { title: string; body?: string; labels?: readonly string[] },
  ): number;
  editIssue(repository: string, number: number, change: { title?: string; body?: string }): void;
  label(repository: string, number: number, ...names: string[]): void;
  unlabel(repository: string, number: number, ...names: string[]): void;
  close(repository: string, number: number, reason?: 'completed' | 'not_planned'): void;
  reopen(repository: string, number: number): void;
  lock(repository: string, number: number): void;
  /** Answers the comment's id. */
  comment(repository: string, number: number, body: string): number;
  editComment(repository: string, id: number, body: string): void;
  deleteComment(repository: string, id: number): void;
  review(repository: string, pull: number, state: ReviewState, body?: string): void;
  reviewComment(
    repository: string,
    pull: number,
    at: { path: string; line: number },
    body: string,
  ): void;
  ready(repository: string, pull: number): void;
  merge(repository: string, pull: number): Promise<string>;
  openPull(
    repository: string,
    pull: { title: string; body?: string; head: string; base: string },
  ): Promise<number>;
  /** Commits to a branch (made from the default branch when missing); answers the commit. */
  push(
    repository: string,
    branch: string,
    files: Readonly<Record<string, string | null>>,
  ): Promise<string>;
  deleteBranch(repository: string, branch: string): Promise<void>;
}

export function createPerson(
  state: State,
  issues: IssueActs,
  pulls: PullActs,
  login: string,
): Person {
  const account = requireAccount(state, login);
  const who: Doer = { account, via: 'person', requestId: null };
  const at = (name: string, needed: Role): Repository => {
    const repo = requireRepository(state, name);
    if (hasRole(roleOf(repo, account), needed)) return repo;
    throw new Error(`${login} has no ${needed} right on ${name}`);
  };
  const pullAt = (repo: Repository, number: number) => requirePull(repo, number);
  return {
    openIssue(name, { title, body = null, labels = [] }) {
      const content = { title, body, labels, assignees: [], pull: null };
      return issues.open(who, at(name, 'read'), content).number;
    },
    editIssue(name, number, change) {
      const repo = at(name, 'read');
      const issue = requireIssue(repo, number);
      issues.edit(who, at(name, issue.user === account ? 'read' : 'write'), issue, change);
    },
    label(name, number, ...names) {
      const repo = at(name, 'triage');
      issues.addLabels(who, repo, requireIssue(repo, number), names);
    },
    unlabel(name, number, ...names) {
      const repo = at(name, 'triage');
      issues.removeLabels(who, repo, requireIssue(repo, number), names);
    },
    close(name, number, reason = 'completed') {
      const repo = at(name, 'triage');
      issues.setState(who, repo, requireIssue(repo, number), 'closed', reason);
    },
    reopen(name, number) {
      const repo = at(name, 'triage');
      issues.setState(who, repo, requireIssue(repo, number), 'open', null);
    },
    lock(name, number) {
      const repo = at(name, 'triage');
      issues.lock(who, repo, requireIssue(repo, number), true, null);
    },
    comment(name, number, body) {
      const repo = at(name, 'read');
      return issues.comment(who, repo, requireIssue(repo, number), body).id;
    },
    editComment(name, id, body) {
      const repo = at(name, 'read');
      issues.editComment(who, repo, requireComment(repo, id), body);
    },
    deleteComment(name, id) {
      const repo = at(name, 'read');
      issues.deleteComment(who, repo, requireComment(repo, id));
    },
    ...pullWork(state, issues, pulls, who, at, pullAt),
  };
}

function pullWork(
  state: State,
  issues: IssueActs,
  pulls: PullActs,
  who: Doer,
  at: (name: string, needed: Role) => Repository,
  pullAt: typeof requirePull,
): Pick<
  Person,
  'review' | 'reviewComment' | 'ready' | 'merge' | 'openPull' | 'push' | 'deleteBranch'
> {
  return {
    review(name, number, reviewState, body = '') {
      const repo = at(name, 'read');
      pulls.review(who, repo, pullAt(repo, number).issue, reviewState, body);
    },
    reviewComment(name, number, place, body) {
      const { pull } = pullAt(at(name, 'read'), number);
      const stamp = { id: state.nextId(), createdAt: state.timestamp(), sha: pull.headSha };
      const first = { inReplyTo: null, resolved: false };
      pull.reviewComments.push({
        ...stamp,
        ...place,
        reviewId: null,
        user: who.account,
        body,
        ...first,
      });
    },
    ready(name, number) {
      const repo = at(name, 'write');
      const { issue, pull } = pullAt(repo, number);
      pull.draft = false;
      issues.event(who, repo, issue, 'ready_for_review');
    },
    async merge(name, number) {
      const repo = at(name, 'write');
      const { issue, pull } = pullAt(repo, number);
      const sha = await pulls.merge(who, repo, issue, pull);
      if (sha === undefined) throw new Error(`${name}#${number} conflicts with its base`);
      return sha;
    },
    async openPull(name, { title, body = null, head: headRef, base: baseRef }) {
      const repo = at(name, 'read');
      const known = await branches(repo.dir);
      const [headSha, baseSha] = [known.get(headRef), known.get(baseRef)];
      if (headSha === undefined || baseSha === undefined) throw new Error('no such branch');
      const content = { title, body, headRef, headSha, baseRef, baseSha, draft: false };
      return pulls.open(who, repo, content).number;
    },
    push(name, branch, files) {
      const author = who.account.login;
      const message = `Change ${Object.keys(files).join(', ')}`;
      return pulls.commit(who, at(name, 'write'), { branch, message, author, files });
    },
    deleteBranch: (name, branch) => pulls.deleteBranch(who, at(name, 'write'), branch),
  };
}

function requireIssue(repo: Repository, number: number): Issue {
  const issue = repo.issues.get(number);
  if (issue === undefined) throw new Error(`${fullName(repo)} has no issue ${number}`);
  return issue;
}

function requirePull(repo: Repository, number: number): { issue: Issue; pull: Pull } {
  const issue = requireIssue(repo, number);
  if (issue.pull === null) throw new Error(`${fullName(repo)}#${number} is no pull request`);
  return { issue, pull: issue.pull };
}

function requireComment(repo: Repository, id: number): Comment {
  const all = [...repo.issues.values()].flatMap((issue) => issue.comments);
  const comment = all.find((one) => one.id === id);
  if (comment === undefined) throw new Error(`${fullName(repo)} has no comment ${id}`);
  return comment;
}
