import type { JournalWriter } from './journal.ts';
import type { Effect, Via } from './journal-entry.ts';
import {
  type Account,
  type Comment,
  fullName,
  type Issue,
  type Label,
  type Pull,
  type Repository,
  type State,
} from './state.ts';

/** Who changes something, and through what. */
export interface Doer {
  readonly account: Account;
  readonly via: Via;
  readonly requestId: string | null;
}

export interface NewIssue {
  readonly title: string;
  readonly body: string | null;
  readonly labels: readonly string[];
  readonly assignees: readonly Account[];
  readonly pull: Pull | null;
}

/** Every way in which an issue changes; each leaves its events and its line in the truth log. */
export interface IssueActs {
  open(who: Doer, repo: Repository, issue: NewIssue): Issue;
  edit(
    who: Doer,
    repo: Repository,
    issue: Issue,
    change: { title?: string; body?: string | null },
  ): void;
  setState(
    who: Doer,
    repo: Repository,
    issue: Issue,
    state: Issue['state'],
    reason: Issue['stateReason'],
  ): void;
  lock(who: Doer, repo: Repository, issue: Issue, locked: boolean, reason: string | null): void;
  assign(who: Doer, repo: Repository, issue: Issue, assignees: readonly Account[]): void;
  addLabels(who: Doer, repo: Repository, issue: Issue, names: readonly string[]): void;
  removeLabels(who: Doer, repo: Repository, issue: Issue, names: readonly string[]): void;
  comment(who: Doer, repo: Repository, issue: Issue, body: string): Comment;
  editComment(who: Doer, repo: Repository, comment: Comment, body: string): void;
  deleteComment(who: Doer, repo: Repository, comment: Comment): void;
  event(
    who: Doer,
    repo: Repository,
    issue: Issue,
    event: string,
    extra?: Record<string, unknown>,
  ): void;
  effect(who: Doer, repo: Repository, effect: EffectDetails): void;
}
type EffectDetails = Omit<Effect, 'at' | 'ms' | 'repository' | 'actor' | 'via' | 'requestId'>;

export function createIssueActs(state: State, journal: JournalWriter): IssueActs {
  const effect: IssueActs['effect'] = (who, repo, details) => {
    const { account, via, requestId } = who;
    journal.record({
      ...details,
      repository: fullName(repo),
      actor: account.login,
      via,
      requestId,
    });
  };
  const event: IssueActs['event'] = (who, repo, issue, name, extra = {}) => {
    const stamp = { id: state.nextId(), createdAt: state.timestamp() };
    repo.events.push({ ...stamp, event: name, issue, actor: who.account, extra });
    issue.updatedAt = stamp.createdAt;
  };
  const acts: IssueActs = {
    effect,
    event,
    open(who, repo, { title, body, labels, assignees, pull }) {
      const issue = newIssue(state, who.account, repo.nextNumber++, { title, body, pull });
      repo.issues.set(issue.number, issue);
      const kind = pull === null ? 'issue-opened' : 'pull-opened';
      const ref = pull === null ? {} : { ref: pull.headRef, sha: pull.headSha };
      effect(who, repo, { kind, number: issue.number, title, body, ...ref });
      acts.addLabels(who, repo, issue, labels);
      if (assignees.length > 0) acts.assign(who, repo, issue, assignees);
      return issue;
    },
    edit(who, repo, issue, change) {
      if (change.title !== undefined && change.title !== issue.title) {
        event(who, repo, issue, 'renamed', { rename: { from: issue.title, to: change.title } });
        issue.title = change.title;
      }
      if (change.body !== undefined && change.body !== issue.body) {
        issue.body = change.body;
        issue.edits.push({ at: state.timestamp(), by: who.account });
      }
      issue.updatedAt = state.timestamp();
      const { number, title, body } = issue;
      effect(who, repo, { kind: 'issue-edited', number, title, body });
    },
    setState(who, repo, issue, to, reason) {
      const same = issue.state === to && (to === 'open' || issue.stateReason === reason);
      if (same) return;
      issue.state = to;
      issue.stateReason = to === 'open' ? 'reopened' : issue.pull === null ? reason : null;
      issue.closedAt = to === 'open' ? null : state.timestamp();
      issue.closedBy = to === 'open' ? null : who.account;
      const name = to === 'open' ? 'reopened' : 'closed';
      event(who, repo, issue, name, { state_reason: to === 'open' ? null : issue.stateReason });
      effect(who, repo, { kind: 'issue-state', number: issue.number, state: to });
    },
    lock(who, repo, issue, locked, reason) {
      issue.locked = locked;
      issue.lockReason = locked ? reason : null;
      event(who, repo, issue, locked ? 'locked' : 'unlocked', { lock_reason: issue.lockReason });
      effect(who, repo, { kind: 'issue-locked', number: issue.number, state: String(locked) });
    },
    assign(who, repo, issue, assignees) {
      issue.assignees = [...assignees];
      for (const assignee of assignees) event(who, repo, issue, 'assigned', { assignee });
    },
    ...labelActs(state, event, effect),
    ...commentActs(state, effect),
  };
  return acts;
}

function labelActs(
  state: State,
  event: IssueActs['event'],
  effect: IssueActs['effect'],
): Pick<IssueActs, 'addLabels' | 'removeLabels'> {
  return {
    addLabels(who, repo, issue, names) {
      for (const name of names) {
        const label = repositoryLabel(state, repo, name);
        if (issue.labels.includes(label)) continue;
        issue.labels.push(label);
        event(who, repo, issue, 'labeled', { label });
        effect(who, repo, { kind: 'label-added', number: issue.number, label: label.name });
      }
    },
    removeLabels(who, repo, issue, names) {
      for (const name of names) {
        const label = issue.labels.find((one) => sameName(one.name, name));
        if (label === undefined) continue;
        issue.labels = issue.labels.filter((one) => one !== label);
        event(who, repo, issue, 'unlabeled', { label });
        effect(who, repo, { kind: 'label-removed', number: issue.number, label: label.name });
      }
    },
  };
}

function commentActs(
  state: State,
  effect: IssueActs['effect'],
): Pick<IssueActs, 'comment' | 'editComment' | 'deleteComment'> {
  return {
    comment(who, repo, issue, body) {
      const now = state.timestamp();
      const stamp = { id: state.nextId(), createdAt: now, updatedAt: now };
      const comment: Comment = { ...stamp, issue, user: who.account, body };
      issue.comments.push(comment);
      issue.updatedAt = now;
      effect(who, repo, { kind: 'comment-created', number: issue.number, id: comment.id, body });
      return comment;
    },
    editComment(who, repo, comment, body) {
      comment.body = body;
      comment.updatedAt = state.timestamp();
      const { number } = comment.issue;
      effect(who, repo, { kind: 'comment-edited', number, id: comment.id, body });
    },
    deleteComment(who, repo, comment) {
      comment.issue.comments.splice(comment.issue.comments.indexOf(comment), 1);
      const { number } = comment.issue;
      effect(who, repo, { kind: 'comment-deleted', number, id: comment.id });
    },
  };
}

export const sameName = (one: string, other: string): boolean =>
  one.toLowerCase() === other.toLowerCase();

/** The label of that name in the repository; GitHub makes it when an issue is given a new one. */
function repositoryLabel(state: State, repo: Repository, name: string): Label {
  const known = repo.labels.find((label) => sameName(label.name, name));
  if (known !== undefined) return known;
  const label = { id: state.nextId(), name, color: 'ededed', description: null };
  repo.labels.push(label);
  return label;
}

function newIssue(
  state: State,
  user: Account,
  number: number,
  content: Pick<Issue, 'title' | 'body' | 'pull'>,
): Issue {
  const now = state.timestamp();
  return {
    ...content,
    id: state.nextId(),
    number,
    user,
    state: 'open',
    stateReason: null,
    closedBy: null,
    closedAt: null,
    locked: false,
    lockReason: null,
    labels: [],
    assignees: [],
    createdAt: now,
    updatedAt: now,
    edits: [],
    comments: [],
  };
}
