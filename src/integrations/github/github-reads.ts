import type { z } from 'zod';
import { type HostRole, hostRoles } from '../../domain/approval.ts';
import type {
  CodeHost,
  HostIssue,
  IssueHistory,
  IssuePlace,
  IssueQuery,
} from '../../domain/ports/code-host.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import { ghost, isPullRequest, loginOf, toEvent, toIssue, toPullRequest } from './from-github.ts';
import type { GithubClient, ReadOptions } from './github-client.ts';
import type { Lane } from './governor/lanes.ts';
import type { IssueEdits } from './issue-edits.ts';
import * as schemas from './schemas.ts';

export type GithubReads = Pick<
  CodeHost,
  | 'repository'
  | 'head'
  | 'expand'
  | 'roleOf'
  | 'issue'
  | 'issuePlace'
  | 'issues'
  | 'issueEvents'
  | 'latestTexts'
  | 'pullRequest'
  | 'pullRequests'
>;

export function createGithubReads(client: GithubClient, edits: IssueEdits): GithubReads {
  return {
    repository: async (ref, purpose) => {
      const lane = purpose === 'start' ? 'person' : 'follow';
      const found = await client.get(pathOf(ref), schemas.Repository, { lane });
      return {
        // After a rename GitHub redirects; its answer carries the name of today.
        ref: { host: 'github', name: found.full_name },
        defaultBranch: found.default_branch,
        private: found.private,
        archived: found.archived,
        url: found.html_url,
      };
    },
    head: async (ref, branch, knownSha, purpose) => {
      const sha = await commitAt(client, ref, branch, purpose === 'start' ? 'person' : 'propose');
      return sha === knownSha ? { changed: false } : { changed: true, sha };
    },
    expand: async (pattern) => expand(client, pattern),
    roleOf: async (ref, login) => roleOf(client, ref, login),
    issue: async (ref, number) => {
      const path = `${pathOf(ref)}/issues/${number}`;
      const found = await orNull(client.get(path, schemas.Issue, { lane: 'person' }));
      if (found === null || isPullRequest(found)) return null;
      // A transferred issue is answered from its new place, where it is another one.
      return (await isFrom(client, ref, number, found)) ? toIssue(found) : null;
    },
    issuePlace: async (ref, number) => issuePlace(client, ref, number),
    issues: async (ref, query) => issues(client, ref, query),
    issueEvents: async (ref, number) => issueEvents(client, edits, ref, number),
    latestTexts: async (ref) => {
      // Always the same addresses, so that nothing new costs nothing (conditional requests).
      const latest = { sort: 'updated', direction: 'desc', per_page: '100' };
      const issues = `${pathOf(ref)}/issues`;
      const [comments, texts] = await Promise.all([
        orNull(
          client.get(`${issues}/comments`, schemas.Comments, { lane: 'follow', query: latest }),
        ),
        orNull(
          client.get(issues, schemas.Issues, {
            lane: 'follow',
            query: { ...latest, state: 'all' },
          }),
        ),
      ]);
      return [
        ...(comments ?? []).map(({ body, user, html_url: url }) => ({
          body: body ?? '',
          author: loginOf(user),
          number: null,
          url,
        })),
        ...(texts ?? []).map(({ number, title, body, user, html_url: url }) => ({
          number,
          author: loginOf(user),
          body: `${title}\n${body ?? ''}`,
          url,
        })),
      ];
    },
    pullRequest: async (ref, number) => {
      const path = `${pathOf(ref)}/pulls/${number}`;
      const found = await orNull(client.get(path, schemas.PullRequest, { lane: 'follow' }));
      return found === null ? null : toPullRequest(found);
    },
    pullRequests: async (ref, query) => {
      const head = query.headBranch === undefined ? undefined : headFilter(ref, query.headBranch);
      const options = { lane: 'follow', query: { state: query.state, head } } as const;
      return client.list(`${pathOf(ref)}/pulls`, schemas.PullRequest, options, toPullRequest);
    },
  };
}

/** `/repos/owner/name`; AppError `invalid_input` for anything else than two plain words. */
export function pathOf(ref: RepositoryRef): string {
  if (!/^[\w.-]+\/[\w.-]+$/u.test(ref.name) || /(^|\/)\.{1,2}(\/|$)/u.test(ref.name))
    throw new AppError({
      kind: 'invalid_input',
      code: 'repository_name',
      message: `"${ref.name}" is not the name of a repository on GitHub.`,
      next: 'Write it as owner/name.',
    });
  return `/repos/${ref.name}`;
}

/** Branch names may hold slashes, which stay. */
function inPath(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

/** How lists of pull requests are asked for one branch of the repository itself. */
export function headFilter(ref: RepositoryRef, branch: string): string {
  return `${ref.name.split('/')[0] ?? ''}:${branch}`;
}

/** Null instead of the error when there is no such thing. */
export async function orNull<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof AppError && error.kind === 'not_found') return null;
    throw error;
  }
}

type FoundIssue = z.infer<typeof schemas.Issue>;

/** Whether an answer is about the issue that was asked for; a renamed repository answers under its new name. */
async function isFrom(
  client: GithubClient,
  ref: RepositoryRef,
  number: number,
  found: FoundIssue,
): Promise<boolean> {
  const place = placeOf(found);
  if (found.number !== number) return false;
  if (place === null || place.toLowerCase() === ref.name.toLowerCase()) return true;
  const today = await client.get(pathOf(ref), schemas.Repository, { lane: 'follow' });
  return today.full_name.toLowerCase() === place.toLowerCase();
}

async function issuePlace(
  client: GithubClient,
  ref: RepositoryRef,
  number: number,
): Promise<IssuePlace> {
  const path = `${pathOf(ref)}/issues/${number}`;
  try {
    const found = await client.get(path, schemas.Issue, { lane: 'person' });
    if (await isFrom(client, ref, number, found)) return { kind: 'here' };
    const place = placeOf(found);
    return { kind: 'moved', to: place === null ? null : `${place}#${found.number}` };
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'not_found') throw error;
    return error.code === 'github_moved' ? { kind: 'moved', to: null } : { kind: 'gone' };
  }
}

/** `owner/name` in the address for people; null when it has another form. */
function placeOf({ html_url: url }: FoundIssue): string | null {
  return /\/([^/]+\/[^/]+)\/(?:issues|pull)\/\d+$/u.exec(url)?.[1] ?? null;
}

async function commitAt(
  client: GithubClient,
  ref: RepositoryRef,
  branch: string,
  lane: Lane,
): Promise<string> {
  try {
    return await client.get(`${pathOf(ref)}/commits/${inPath(branch)}`, schemas.CommitId, {
      lane,
      accept: 'application/vnd.github.sha',
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.details['upstreamStatus'] === 409) throw noBranch(ref, branch, error);
    if (error.kind !== 'not_found' && error.kind !== 'invalid_input') throw error;
    const there = await branchAt(client, ref, branch, { lane });
    if (there === null) throw noBranch(ref, branch, error);
    return there;
  }
}

/** The commit of a branch by its ref, null when there is none. */
async function branchAt(
  client: GithubClient,
  ref: RepositoryRef,
  branch: string,
  options: Pick<ReadOptions, 'lane' | 'fresh'>,
): Promise<string | null> {
  const path = `${pathOf(ref)}/git/ref/heads/${inPath(branch)}`;
  const found = await orNull(client.get(path, schemas.Ref, options));
  return found?.object.sha ?? null;
}

function noBranch(ref: RepositoryRef, branch: string, cause: AppError): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'branch_not_found',
    message: `${ref.name} has no branch ${branch}, or the token may not see the repository.`,
    next: 'Check the name of the repository, its base branch and the rights of the token.',
    details: cause.details,
    cause,
  });
}

async function expand(client: GithubClient, pattern: string): Promise<readonly RepositoryRef[]> {
  const [owner = '', name = ''] = pattern.split('/');
  if (!pattern.includes('*')) return [{ host: 'github', name: pattern }];
  if (owner === '' || owner.includes('*') || name === '')
    throw new AppError({
      kind: 'invalid_input',
      code: 'repository_pattern',
      message: `The pattern "${pattern}" names no owner.`,
      next: 'Write it as owner/pattern, for example acme/*.',
    });
  const isOf = repositoriesOf(name);
  const list = async (path: string) =>
    client.list(path, schemas.Repository, { lane: 'propose' }, (found) =>
      !found.archived && isOf(found.full_name) ? found.full_name : null,
    );
  const all =
    (await orNull(list(`/orgs/${encodeURIComponent(owner)}/repos`))) ??
    (await list(`/users/${encodeURIComponent(owner)}/repos`));
  return all.map((found) => ({ host: 'github', name: found }));
}

/** Whether a full name is one of those that the pattern behind the owner stands for. */
function repositoriesOf(pattern: string): (fullName: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/gu, '\\$&'));
  const matcher = new RegExp(`/${parts.join('.*')}$`, 'iu');
  return (fullName) => matcher.test(fullName);
}

async function roleOf(client: GithubClient, ref: RepositoryRef, login: string): Promise<HostRole> {
  if (login === ghost) return 'none';
  const path = `${pathOf(ref)}/collaborators/${encodeURIComponent(login)}/permission`;
  const found = await orNull(client.get(path, schemas.Permission, { lane: 'person' }));
  if (found === null) return 'none';
  // `permission` says "read" for triage and "write" for maintain; a custom role only has its base there.
  const named = [found.role_name, found.permission].find((role) =>
    hostRoles.some((known) => known === role),
  );
  return hostRoles.find((known) => known === named) ?? 'none';
}

async function issues(
  client: GithubClient,
  ref: RepositoryRef,
  query: IssueQuery,
): Promise<readonly HostIssue[]> {
  // GitHub's list takes all of several labels, ours any of them: one list for each.
  const filters = query.labels === undefined ? [undefined] : query.labels;
  const found = new Map<number, HostIssue>();
  for (const labels of filters) {
    const options = {
      lane: 'follow',
      query: {
        state: query.state,
        labels,
        creator: query.creator,
        since: query.since?.toISOString(),
      },
    } as const;
    const listed = await client.list(`${pathOf(ref)}/issues`, schemas.Issue, options, (issue) =>
      isPullRequest(issue) ? null : toIssue(issue),
    );
    for (const issue of listed) found.set(issue.number, issue);
  }
  return [...found.values()];
}

async function issueEvents(
  client: GithubClient,
  edits: IssueEdits,
  ref: RepositoryRef,
  number: number,
): Promise<IssueHistory> {
  const path = `${pathOf(ref)}/issues/${number}`;
  const list = async (what: string) =>
    client.list(`${path}/${what}`, schemas.IssueEvent, { lane: 'person' });
  // Some servers that speak GitHub's API only have the timeline, which holds the same events and more.
  const listed = async () => (await orNull(list('events'))) ?? (await list('timeline'));
  // Neither read is left behind when the other one fails.
  const [told, seen] = await Promise.allSettled([listed(), edits(ref, number)]);
  if (told.status === 'rejected') throw told.reason;
  if (seen.status === 'rejected') throw seen.reason;
  const [events, edited] = [told.value, seen.value];
  const all = [...events.flatMap(toEvent), ...(edited ?? [])];
  return {
    events: all.sort((one, other) => one.at.getTime() - other.at.getTime()),
    editsKnown: edited !== null,
  };
}
