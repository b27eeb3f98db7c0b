import { z } from 'zod';
import type { EffectResult } from '../../domain/effect.ts';
import type { HostPayload, ReadWrite } from '../../domain/host-payload.ts';
import type { GitRemote, HostWrite, Markers } from '../../domain/ports/code-host.ts';
import type { GitPush } from '../../domain/ports/git.ts';
import { type RepositoryRef, repositoryKey } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import type { GithubClient } from './github-client.ts';
import { headFilter, pathOf } from './github-reads.ts';
import { createLabels } from './labels.ts';
import { marked, markerIn } from './markers.ts';
import type { ReviewThreads } from './review-threads.ts';
import { Comment, Issue, Label, Nothing, PullRequest } from './schemas.ts';

export interface GithubWritesDeps {
  readonly client: GithubClient;
  readonly threads: ReviewThreads;
  readonly remote: (ref: RepositoryRef) => Promise<GitRemote>;
  readonly git: Pick<GitPush, 'push'>;
  readonly markers: Markers;
}

/** Makes one write on GitHub. */
export function createGithubWrites(
  given: GithubWritesDeps,
): (write: HostWrite, read: ReadWrite) => Promise<EffectResult> {
  const ensureLabels = createLabels(given.client);
  return async (write, read) => {
    const { repository: ref, marker } = write;
    const deps = { ...given, client: guarded(given.client, write) };
    const path = pathOf(ref);
    switch (read.kind) {
      case 'create_issue':
        await ensureLabels(ref, read.payload.labels);
        return createIssue(deps, path, read.payload, marker);
      case 'update_issue':
        return updateIssue(deps, ref, read.payload, marker);
      case 'set_issue_state':
        return setState(deps, path, read.payload);
      case 'comment':
        return comment(deps, path, read.payload, marker);
      case 'add_label':
        await ensureLabels(ref, read.payload.labels);
        return addLabels(deps, path, read.payload);
      case 'remove_label':
        return removeLabel(deps, path, read.payload);
      case 'push_branch':
        return push(deps, ref, read.payload);
      case 'open_pull_request':
        return openPullRequest(deps, ref, read.payload, marker);
      case 'rerun_checks':
        return rerun(deps, path, read.payload.run);
      case 'reply_to_remark':
        return reply(deps, path, read.payload, marker);
      case 'resolve_thread':
        await deps.threads.resolve(ref, read.payload);
        return answer(read.payload.number, null);
      default:
        return read satisfies never;
    }
  };
}

function guarded(client: GithubClient, { stillOurs }: HostWrite): GithubClient {
  return {
    ...client,
    write: async (request, schema) => client.write({ ...request, stillOurs }, schema),
  };
}

async function createIssue(
  { client }: GithubWritesDeps,
  path: string,
  payload: HostPayload<'create_issue'>,
  marker: string,
): Promise<EffectResult> {
  const body = { ...payload, body: marked(payload.body, marker) };
  const made = await client.write(
    { method: 'POST', path: `${path}/issues`, lane: 'propose', createsContent: true, body },
    Issue,
  );
  return answer(made.number, made.html_url);
}

// A new body keeps the marker of the creation, by which the issue is found again.
async function updateIssue(
  { client, markers }: GithubWritesDeps,
  ref: RepositoryRef,
  { number, title, body }: HostPayload<'update_issue'>,
  marker: string,
): Promise<EffectResult> {
  const path = `${pathOf(ref)}/issues/${number}`;
  const before = await client.get(path, Issue, { lane: 'follow' });
  const isOurs = markers.read(before.body ?? '', repositoryKey(ref)) !== null;
  const kept = isOurs ? (markerIn(before.body ?? '') ?? marker) : marker;
  const words = body === undefined ? undefined : marked(body, kept);
  const made = await client.write(
    { method: 'PATCH', path, lane: 'propose', createsContent: false, body: { title, body: words } },
    Issue,
  );
  return answer(made.number, made.html_url);
}

async function setState(
  { client }: GithubWritesDeps,
  path: string,
  { number, state, reason }: HostPayload<'set_issue_state'>,
): Promise<EffectResult> {
  const body = { state, ...(reason === undefined ? {} : { state_reason: reason }) };
  const made = await client.write(
    {
      method: 'PATCH',
      path: `${path}/issues/${number}`,
      lane: 'follow',
      createsContent: false,
      body,
    },
    Issue,
  );
  return answer(number, made.html_url);
}

async function comment(
  { client }: GithubWritesDeps,
  path: string,
  payload: HostPayload<'comment'>,
  marker: string,
): Promise<EffectResult> {
  const made = await client.write(
    {
      method: 'POST',
      path: `${path}/issues/${payload.number}/comments`,
      lane: 'deliver',
      createsContent: true,
      body: { body: marked(payload.body, marker) },
    },
    Comment,
  );
  return answer(payload.number, made.html_url);
}

async function rerun(
  { client }: GithubWritesDeps,
  path: string,
  run: string,
): Promise<EffectResult> {
  const address = `${path}/actions/runs/${run}/rerun-failed-jobs`;
  const request = { method: 'POST', path: address, lane: 'follow', createsContent: false } as const;
  await client.write(request, Nothing);
  return { number: null, url: null, sha: null, adopted: false };
}

async function reply(
  { client }: GithubWritesDeps,
  path: string,
  { number, thread, body }: HostPayload<'reply_to_remark'>,
  marker: string,
): Promise<EffectResult> {
  const made = await client.write(
    {
      method: 'POST',
      path: `${path}/pulls/${number}/comments/${thread}/replies`,
      lane: 'deliver',
      createsContent: true,
      body: { body: marked(body, marker) },
    },
    Comment,
  );
  return answer(number, made.html_url);
}

async function addLabels(
  { client }: GithubWritesDeps,
  path: string,
  { number, labels }: HostPayload<'add_label'>,
): Promise<EffectResult> {
  await client.write(
    {
      method: 'POST',
      path: `${path}/issues/${number}/labels`,
      lane: 'follow',
      createsContent: false,
      body: { labels },
    },
    labelsThat('without what was added', (names) =>
      labels.every((label) => names.has(fold(label))),
    ),
  );
  return answer(number, null);
}

async function removeLabel(
  { client }: GithubWritesDeps,
  path: string,
  { number, label }: HostPayload<'remove_label'>,
): Promise<EffectResult> {
  const address = `${path}/issues/${number}/labels/${encodeURIComponent(label)}`;
  try {
    await client.write(
      { method: 'DELETE', path: address, lane: 'follow', createsContent: false },
      labelsThat('with what was taken off', (names) => !names.has(fold(label))),
    );
    return answer(number, null);
  } catch (error) {
    const isGone = error instanceof AppError && error.code === 'github_not_found';
    if (!isGone) throw error;
    const issue = await client.get(`${path}/issues/${number}`, Issue, { lane: 'follow' });
    return { ...answer(number, issue.html_url), adopted: true };
  }
}

/** The labels that an issue has after the write; any other answer says nothing of what was done. */
function labelsThat(
  wrong: string,
  isSo: (names: ReadonlySet<string>) => boolean,
): z.ZodType<readonly { readonly name: string }[]> {
  return z.array(Label).refine((all) => isSo(new Set(all.map(({ name }) => fold(name)))), wrong);
}

const fold = (label: string): string => label.normalize('NFC').toLowerCase();

async function push(
  deps: GithubWritesDeps,
  ref: RepositoryRef,
  payload: HostPayload<'push_branch'>,
): Promise<EffectResult> {
  const remote = await deps.remote(ref);
  const result = await deps.git.push({ ...payload, remote });
  return { number: null, url: null, sha: payload.sha, adopted: result === 'adopted' };
}

async function openPullRequest(
  deps: GithubWritesDeps,
  ref: RepositoryRef,
  payload: HostPayload<'open_pull_request'>,
  marker: string,
): Promise<EffectResult> {
  const path = `${pathOf(ref)}/pulls`;
  const open = async (draft: boolean): Promise<EffectResult> => {
    const body = { ...payload, draft, body: marked(payload.body, marker) };
    const made = await deps.client.write(
      { method: 'POST', path, lane: 'deliver', createsContent: true, body },
      PullRequest,
    );
    return { ...answer(made.number, made.html_url), sha: made.head.sha };
  };
  try {
    return await open(payload.draft);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'github_validation') throw error;
    // Private repositories of free plans have no drafts.
    if (/draft pull requests are not supported/iu.test(error.message)) return open(false);
    if (!/already exists/iu.test(error.message)) throw error;
    const query = { state: 'open', head: headFilter(ref, payload.head), base: payload.base };
    const [there] = await deps.client.list(path, PullRequest, { lane: 'deliver', query });
    if (there === undefined) throw notListedYet(error);
    return { ...answer(there.number, there.html_url), sha: there.head.sha, adopted: true };
  }
}

/** GitHub says that it is there and does not show it: the list lags, or it is somebody's draft that we may not see. */
function notListedYet(cause: AppError): AppError {
  return new AppError({
    kind: 'unknown_outcome',
    code: 'github_not_listed',
    message: `GitHub says that there is such a pull request, and lists none: ${cause.message}`,
    details: cause.details,
    cause,
  });
}

function answer(number: number, url: string | null): EffectResult {
  return { number, url, sha: null, adopted: false };
}
