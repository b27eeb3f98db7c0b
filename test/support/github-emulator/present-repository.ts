import type { CommitDetails } from './git-repository.ts';
import { type Json, nodeId, permissions, presentAccount, repositoryUrl } from './present.ts';
import {
  type Account,
  type CheckRun,
  type CommitStatus,
  fullName,
  type Repository,
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

export function presentCheckRun(state: State, repo: Repository, run: CheckRun): Json {
  const url = `${repositoryUrl(state, repo)}/check-runs/${run.id}`;
  return {
    id: run.id,
    node_id: nodeId('CR', run.id),
    head_sha: run.sha,
    external_id: '',
    url,
    html_url: `${state.serverUrl}/${fullName(repo)}/runs/${run.id}`,
    details_url:
      run.pipeline === null
        ? `${state.serverUrl}/${fullName(repo)}/runs/${run.id}`
        : `${state.serverUrl}/${fullName(repo)}/actions/runs/${run.pipeline}/job/${run.id}`,
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
