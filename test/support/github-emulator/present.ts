import {
  type Account,
  type Comment,
  fullName,
  hasRole,
  type Issue,
  type IssueEvent,
  type Label,
  type Repository,
  type Role,
  roleOf,
  type State,
} from './state.ts';

export type Json = Record<string, unknown>;

/** GitHub's JSON for each noun, with the addresses that belong to it. */
export function presentAccount(state: State, account: Account): Json {
  const url = `${state.apiUrl}/users/${encodeURIComponent(account.login)}`;
  const html = `${state.serverUrl}/${account.login}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('U', account.id),
    avatar_url: `${state.serverUrl}/avatars/u/${account.id}`,
    gravatar_id: '',
    url,
    html_url: html,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.type,
    site_admin: false,
  };
}

/** What `GET /user` adds to an account. */
export function presentOwnAccount(state: State, account: Account): Json {
  return {
    ...presentAccount(state, account),
    name: account.login,
    company: null,
    blog: null,
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: '2020-01-01T00:00:00Z',
    updated_at: '2020-01-01T00:00:00Z',
  };
}

export const repositoryUrl = (state: State, repo: Repository): string =>
  `${state.apiUrl}/repos/${fullName(repo)}`;

export function presentLabel(state: State, repo: Repository, label: Label): Json {
  return {
    id: label.id,
    node_id: nodeId('LA', label.id),
    url: `${repositoryUrl(state, repo)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: false,
    description: label.description,
  };
}

/** An issue as lists and single reads give it; pull requests carry the `pull_request` key. */
export function presentIssue(state: State, repo: Repository, issue: Issue): Json {
  const repositoryAddress = repositoryUrl(state, repo);
  const url = `${repositoryAddress}/issues/${issue.number}`;
  const assignees = issue.assignees.map((account) => presentAccount(state, account));
  return {
    url,
    repository_url: repositoryAddress,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: issueHtmlUrl(state, repo, issue),
    id: issue.id,
    node_id: nodeId(issue.pull === null ? 'I' : 'PR', issue.id),
    number: issue.number,
    title: issue.title,
    user: presentAccount(state, issue.user),
    labels: issue.labels.map((label) => presentLabel(state, repo, label)),
    state: issue.state,
    locked: issue.locked,
    assignee: assignees[0] ?? null,
    assignees,
    milestone: null,
    comments: issue.comments.length,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    author_association: association(repo, issue.user),
    active_lock_reason: issue.lockReason,
    body: issue.body,
    closed_by: issue.closedBy === null ? null : presentAccount(state, issue.closedBy),
    timeline_url: `${url}/timeline`,
    performed_via_github_app: null,
    state_reason: issue.stateReason,
    reactions: reactions(url),
    ...pullKey(state, repo, issue),
  };
}

export function presentComment(state: State, repo: Repository, comment: Comment): Json {
  const url = `${repositoryUrl(state, repo)}/issues/comments/${comment.id}`;
  return {
    url,
    html_url: `${issueHtmlUrl(state, repo, comment.issue)}#issuecomment-${comment.id}`,
    issue_url: `${repositoryUrl(state, repo)}/issues/${comment.issue.number}`,
    id: comment.id,
    node_id: nodeId('IC', comment.id),
    user: presentAccount(state, comment.user),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: association(repo, comment.user),
    body: comment.body,
    reactions: reactions(url),
    performed_via_github_app: null,
  };
}

export function presentEvent(state: State, repo: Repository, event: IssueEvent): Json {
  const { label, assignee, ...extra } = event.extra as { label?: Label; assignee?: Account };
  const base = {
    id: event.id,
    node_id: nodeId('E', event.id),
    url: `${repositoryUrl(state, repo)}/issues/events/${event.id}`,
    actor: presentAccount(state, event.actor),
    event: event.event,
    commit_id: null,
    commit_url: null,
    created_at: event.createdAt,
    performed_via_github_app: null,
    ...extra,
  };
  if (label !== undefined) return { ...base, label: { name: label.name, color: label.color } };
  if (assignee === undefined) return base;
  const person = presentAccount(state, assignee);
  return { ...base, assignee: person, assigner: presentAccount(state, event.actor) };
}

export const issueHtmlUrl = (state: State, repo: Repository, issue: Issue): string =>
  `${state.serverUrl}/${fullName(repo)}/${issue.pull === null ? 'issues' : 'pull'}/${issue.number}`;

export function association(repo: Repository, account: Account): string {
  if (account.id === repo.owner.id) return 'OWNER';
  const role = roleOf(repo, account);
  if (!repo.roles.has(account.login.toLowerCase()) || role === 'none') return 'NONE';
  return repo.owner.type === 'Organization' && hasRole(role, 'write') ? 'MEMBER' : 'COLLABORATOR';
}

export function permissions(role: Role): Record<string, boolean> {
  const at = (needed: Role): boolean => hasRole(role, needed);
  return {
    admin: at('admin'),
    maintain: at('maintain'),
    push: at('write'),
    triage: at('triage'),
    pull: at('read'),
  };
}

export const nodeId = (prefix: string, id: number): string =>
  `${prefix}_${Buffer.from(String(id)).toString('base64url')}`;

function pullKey(state: State, repo: Repository, issue: Issue): Json {
  if (issue.pull === null) return {};
  const html = issueHtmlUrl(state, repo, issue);
  const url = `${repositoryUrl(state, repo)}/pulls/${issue.number}`;
  const links = { url, html_url: html, diff_url: `${html}.diff`, patch_url: `${html}.patch` };
  return { draft: issue.pull.draft, pull_request: { ...links, merged_at: issue.pull.mergedAt } };
}

function reactions(url: string): Json {
  const kinds = ['+1', '-1', 'laugh', 'hooray', 'confused', 'heart', 'rocket', 'eyes'];
  const counts = Object.fromEntries(kinds.map((kind) => [kind, 0]));
  return { url: `${url}/reactions`, total_count: 0, ...counts };
}
