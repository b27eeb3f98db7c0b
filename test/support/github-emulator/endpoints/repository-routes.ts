import { branches, changedFiles, mergedTree, readCommits, resolve } from '../git-repository.ts';
import { permissions, presentAccount, repositoryUrl } from '../present.ts';
import { presentFile } from '../present-pull.ts';
import {
  presentCheckRun,
  presentCommit,
  presentRepository,
  presentStatus,
} from '../present-repository.ts';
import {
  type Call,
  invalid,
  notFound,
  page,
  param,
  RestError,
  type Route,
  textField,
} from '../route.ts';
import { type CommitStatus, findAccount, hasRole, legacyPermission, roleOf } from '../state.ts';

const repo = '/repos/{owner}/{repo}';

export const repositoryRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: repo,
    handle: ({ state, repo, account }) => ({
      status: 200,
      body: presentRepository(state, repo, account),
    }),
  },
  {
    method: 'GET',
    path: `${repo}/collaborators/{username}/permission`,
    handle: (call) => {
      if (!hasRole(call.role, 'write')) {
        throw new RestError(403, 'Must have push access to view collaborator permission.');
      }
      const account = findAccount(call.state, param(call, 'username'));
      if (account === undefined) throw notFound();
      const role = roleOf(call.repo, account);
      const roleName = role;
      const user = {
        ...presentAccount(call.state, account),
        permissions: permissions(role),
        role_name: roleName,
      };
      return {
        status: 200,
        body: { permission: legacyPermission(role), role_name: roleName, user },
      };
    },
  },
  {
    method: 'GET',
    path: `${repo}/branches`,
    handle: async (call) => {
      const all = await branches(call.repo.dir);
      return page(call, [...all], ([name, sha]) => ({
        name,
        commit: { sha, url: `${repositoryUrl(call.state, call.repo)}/commits/${sha}` },
        protected: false,
      }));
    },
  },
  { method: 'GET', path: `${repo}/branches/{branch}`, handle: getBranch },
  { method: 'GET', path: `${repo}/git/ref/{ref}`, handle: getRef },
  { method: 'DELETE', path: `${repo}/git/refs/{ref}`, needs: 'write', handle: deleteRef },
  { method: 'GET', path: `${repo}/commits`, handle: listCommits },
  { method: 'GET', path: `${repo}/commits/{ref}`, handle: getCommit },
  { method: 'GET', path: `${repo}/compare/{basehead}`, handle: compare },
  {
    method: 'GET',
    path: `${repo}/commits/{ref}/check-runs`,
    handle: async (call) => {
      const sha = await shaOf(call);
      const all = call.repo.checkRuns.filter((run) => run.sha === sha);
      const isLast = (run: (typeof all)[number]): boolean =>
        all.findLast(({ name }) => name === run.name) === run;
      const runs = call.query.get('filter') === 'all' ? all : all.filter(isLast);
      const present = (run: (typeof runs)[number]) => presentCheckRun(call.state, call.repo, run);
      return page(call, runs, present, (list) => ({ total_count: runs.length, check_runs: list }));
    },
  },
  { method: 'GET', path: `${repo}/commits/{ref}/status`, handle: combinedStatus },
  {
    method: 'GET',
    path: `${repo}/commits/{ref}/statuses`,
    handle: async (call) => {
      const sha = await shaOf(call);
      const mine = call.repo.statuses.filter((status) => status.sha === sha).toReversed();
      return page(call, mine, (status) => ({
        ...presentStatus(call.state, call.repo, status),
        creator: presentAccount(call.state, status.creator),
      }));
    },
  },
  {
    method: 'GET',
    path: `${repo}/check-runs/{check_run_id}/annotations`,
    handle: (call) => page(call, [], (item) => item),
  },
  {
    method: 'POST',
    path: `${repo}/statuses/{sha}`,
    needs: 'write',
    createsContent: true,
    handle: (call) => {
      const state = textField(call.body, 'state') as CommitStatus['state'] | undefined;
      if (state === undefined) throw invalid('Status', 'missing_field', 'state');
      const status = {
        id: call.state.nextId(),
        sha: param(call, 'sha'),
        context: textField(call.body, 'context') ?? 'default',
        state,
        description: textField(call.body, 'description') ?? null,
        creator: call.doer.account,
        createdAt: call.state.timestamp(),
      };
      call.repo.statuses.push(status);
      const creator = presentAccount(call.state, status.creator);
      return { status: 201, body: { ...presentStatus(call.state, call.repo, status), creator } };
    },
  },
];

async function getBranch(call: Call) {
  const name = param(call, 'branch');
  const sha = (await branches(call.repo.dir)).get(name);
  if (sha === undefined) throw new RestError(404, 'Branch not found');
  const [commit] = await readCommits(call.repo.dir, '-1', sha);
  if (commit === undefined) throw notFound();
  const url = `${repositoryUrl(call.state, call.repo)}/branches/${encodeURIComponent(name)}`;
  const html = `${call.state.serverUrl}/${call.repo.owner.login}/${call.repo.name}/tree/${name}`;
  return {
    status: 200,
    body: {
      name,
      commit: presentCommit(call.state, call.repo, commit),
      _links: { self: url, html },
      protected: false,
      protection: {
        enabled: false,
        required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] },
      },
      protection_url: `${url}/protection`,
    },
  };
}

async function getRef(call: Call) {
  const ref = param(call, 'ref');
  const sha = (await branches(call.repo.dir)).get(ref.replace(/^heads\//, ''));
  if (!ref.startsWith('heads/') || sha === undefined) throw notFound();
  const api = repositoryUrl(call.state, call.repo);
  const object = { sha, type: 'commit', url: `${api}/git/commits/${sha}` };
  const body = { ref: `refs/${ref}`, node_id: `REF_${sha}`, url: `${api}/git/refs/${ref}`, object };
  return { status: 200, body };
}

async function deleteRef(call: Call) {
  const ref = param(call, 'ref').replace(/^heads\//, '');
  const before = await branches(call.repo.dir);
  if (!before.has(ref)) throw new RestError(422, 'Reference does not exist');
  await call.pulls.deleteBranch(call.doer, call.repo, ref);
  return { status: 204 };
}

async function listCommits(call: Call) {
  const start = await resolve(call.repo.dir, call.query.get('sha') ?? call.repo.defaultBranch);
  if (start === undefined) throw new RestError(409, 'Git Repository is empty.');
  const path = call.query.get('path');
  const commits = await readCommits(call.repo.dir, start, ...(path === null ? [] : ['--', path]));
  return page(call, commits, (commit) => presentCommit(call.state, call.repo, commit));
}

async function getCommit(call: Call) {
  const sha = await shaOf(call);
  if (call.accept.includes('application/vnd.github.sha')) {
    const headers = { 'content-type': 'application/vnd.github.sha; charset=utf-8' };
    return { status: 200, body: sha, headers };
  }
  const [commit] = await readCommits(call.repo.dir, '-1', sha);
  if (commit === undefined) throw notFound();
  const body = presentCommit(call.state, call.repo, commit);
  return {
    status: 200,
    body: { ...body, stats: { total: 0, additions: 0, deletions: 0 }, files: [] },
  };
}

async function compare(call: Call) {
  const [baseName = '', headName = ''] = param(call, 'basehead').split('...');
  const { dir } = call.repo;
  const [base, head] = [await resolve(dir, baseName), await resolve(dir, headName)];
  if (base === undefined || head === undefined) throw notFound();
  const ahead = await readCommits(dir, '--reverse', `${base}..${head}`);
  const behind = await readCommits(dir, `${head}..${base}`);
  const [baseCommit] = await readCommits(dir, '-1', base);
  const files = await changedFiles(dir, base, head);
  const url = `${repositoryUrl(call.state, call.repo)}/compare/${baseName}...${headName}`;
  const html = `${call.state.serverUrl}/${call.repo.owner.login}/${call.repo.name}/compare`;
  const both = ahead.length > 0 && behind.length > 0;
  const one = ahead.length > 0 ? 'ahead' : behind.length > 0 ? 'behind' : 'identical';
  const shown = baseCommit === undefined ? {} : presentCommit(call.state, call.repo, baseCommit);
  return {
    status: 200,
    body: {
      url,
      html_url: html,
      permalink_url: html,
      diff_url: `${html}.diff`,
      patch_url: `${html}.patch`,
      base_commit: shown,
      merge_base_commit: shown,
      status: both ? 'diverged' : one,
      ahead_by: ahead.length,
      behind_by: behind.length,
      total_commits: ahead.length,
      commits: ahead.map((commit) => presentCommit(call.state, call.repo, commit)),
      files: files.map((file) => presentFile(call.state, call.repo, file, head)),
    },
  };
}

async function combinedStatus(call: Call) {
  const sha = await shaOf(call);
  const newest = new Map<string, CommitStatus>();
  for (const status of call.repo.statuses)
    if (status.sha === sha) newest.set(status.context, status);
  const list = [...newest.values()];
  const bad = list.some(({ state }) => state === 'failure' || state === 'error');
  const waiting = list.length === 0 || list.some(({ state }) => state === 'pending');
  const url = `${repositoryUrl(call.state, call.repo)}/commits/${sha}`;
  const body = {
    state: bad ? 'failure' : waiting ? 'pending' : 'success',
    sha,
    total_count: list.length,
    statuses: list.map((status) => presentStatus(call.state, call.repo, status)),
    repository: presentRepository(call.state, call.repo, null),
    commit_url: url,
    url: `${url}/status`,
  };
  return { status: 200, body };
}

async function shaOf(call: Call): Promise<string> {
  const ref = param(call, 'ref');
  const sha =
    (await resolve(call.repo.dir, `refs/${ref}`)) ??
    (await resolve(call.repo.dir, `refs/heads/${ref}`)) ??
    (await resolve(call.repo.dir, ref));
  if (sha === undefined) throw new RestError(422, `No commit found for SHA: ${ref}`);
  return sha;
}

/** Whether a merge would work; what GitHub computes in the background. */
export const isMergeable = async (dir: string, base: string, head: string): Promise<boolean> =>
  (await mergedTree(dir, base, head)) !== undefined;
