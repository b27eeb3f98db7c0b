import type { EffectResult } from '../../domain/effect.ts';
import type { HostPayload, ReadWrite } from '../../domain/host-payload.ts';
import type { GitRemote, HostWrite, Markers } from '../../domain/ports/code-host.ts';
import type { GitPush } from '../../domain/ports/git.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { labelNames, loginOf } from './from-github.ts';
import type { GithubClient } from './github-client.ts';
import { headFilter, orNull, pathOf } from './github-reads.ts';
import { carries, unmarked } from './markers.ts';
import type { ReviewThreads } from './review-threads.ts';
import { Comment, Issue, PullRequest, WorkflowRun } from './schemas.ts';

export interface GithubFindsDeps {
  readonly client: GithubClient;
  readonly threads: ReviewThreads;
  /** Our login on that repository. */
  readonly self: (repository: string) => Promise<string>;
  readonly remote: (ref: RepositoryRef) => Promise<GitRemote>;
  readonly git: Pick<GitPush, 'remoteRef'>;
  readonly markers: Markers;
}

/** Looks for what a write may have made: markers in lists (search lags), by our own login, or the natural key. */
export function createGithubFinds(
  deps: GithubFindsDeps,
): (write: HostWrite, read: ReadWrite) => Promise<EffectResult | null> {
  return async (write, read) => {
    const { repository: ref } = write;
    switch (read.kind) {
      case 'create_issue':
        return createdIssue(deps, write);
      case 'comment':
        return comment(deps, write, read.payload.number, 'issues');
      case 'open_pull_request':
        return pullRequest(deps, write, read.payload);
      case 'push_branch': {
        const { branch, sha } = read.payload;
        const there = await deps.git.remoteRef(await deps.remote(ref), branch);
        return there === sha ? adopted(null, null, sha) : null;
      }
      case 'reply_to_remark':
        return comment(deps, write, read.payload.number, 'pulls');
      case 'resolve_thread': {
        const open = await deps.threads.open(ref, read.payload.number);
        const isDone = open !== null && !open.has(read.payload.thread);
        return isDone ? adopted(read.payload.number, null, null) : null;
      }
      case 'rerun_checks': {
        const path = `${pathOf(ref)}/actions/runs/${read.payload.run}`;
        const run = await deps.client.get(path, WorkflowRun, { lane: 'follow', fresh: true });
        return run.run_attempt > 1 ? adopted(null, null, null) : null;
      }
      default:
        return asItShouldBe(deps, ref, read);
    }
  };
}

/** Our clock and GitHub's may differ. */
const lookBackMs = 300_000;

async function createdIssue(deps: GithubFindsDeps, write: HostWrite): Promise<EffectResult | null> {
  const creator = await deps.self(write.repository.name);
  const options = {
    lane: 'deliver',
    fresh: true,
    query: { state: 'all', creator, since: sinceOf(write) },
  } as const;
  const path = `${pathOf(write.repository)}/issues`;
  const ours = await deps.client.list(path, Issue, options, (issue) =>
    sameLogin(loginOf(issue.user), creator) && carries(deps.markers, issue.body ?? '', write)
      ? { number: issue.number, url: issue.html_url }
      : null,
  );
  const oldest = ours.sort((a, b) => a.number - b.number)[0];
  return oldest === undefined ? null : adopted(oldest.number, oldest.url, null);
}

async function comment(
  deps: GithubFindsDeps,
  write: HostWrite,
  number: number,
  of: 'issues' | 'pulls',
): Promise<EffectResult | null> {
  const self = await deps.self(write.repository.name);
  const path = `${pathOf(write.repository)}/${of}/${number}/comments`;
  const options = { lane: 'deliver', fresh: true, query: { since: sinceOf(write) } } as const;
  const [ours] = await deps.client.list(path, Comment, options, (made) =>
    sameLogin(loginOf(made.user), self) && carries(deps.markers, made.body ?? '', write)
      ? made.html_url
      : null,
  );
  return ours === undefined ? null : adopted(number, ours, null);
}

async function pullRequest(
  deps: GithubFindsDeps,
  write: HostWrite,
  { head, base }: HostPayload<'open_pull_request'>,
): Promise<EffectResult | null> {
  const self = await deps.self(write.repository.name);
  const options = {
    lane: 'deliver',
    fresh: true,
    query: { state: 'all', head: headFilter(write.repository, head), base },
  } as const;
  const path = `${pathOf(write.repository)}/pulls`;
  // A server that does not know the filter answers with all of them.
  const ours = await deps.client.list(path, PullRequest, options, (pull) =>
    pull.head.ref === head && sameLogin(loginOf(pull.user), self) ? pull : null,
  );
  const pull = ours.find((one) => one.state === 'open') ?? ours[0];
  return pull === undefined ? null : adopted(pull.number, pull.html_url, pull.head.sha);
}

type InPlace = Extract<
  ReadWrite,
  { kind: 'update_issue' | 'set_issue_state' | 'add_label' | 'remove_label' }
>;

async function asItShouldBe(
  { client }: GithubFindsDeps,
  ref: RepositoryRef,
  read: InPlace,
): Promise<EffectResult | null> {
  const { number } = read.payload;
  const path = `${pathOf(ref)}/issues/${number}`;
  const issue = await orNull(client.get(path, Issue, { lane: 'deliver', fresh: true }));
  if (issue === null) return null;
  const isSo = isAsAsked(read, issue, labelNames(issue));
  return isSo ? adopted(number, issue.html_url, null) : null;
}

type Words = { readonly title: string; readonly body?: string | null | undefined };

function isAsAsked(
  read: InPlace,
  issue: Words & { readonly state: string },
  names: readonly string[],
): boolean {
  const labels = names.map((label) => label.toLowerCase());
  if (read.kind === 'update_issue') return saysSo(issue, read.payload);
  if (read.kind === 'set_issue_state') return issue.state === read.payload.state;
  if (read.kind === 'remove_label') return !labels.includes(read.payload.label.toLowerCase());
  return read.payload.labels.every((label) => labels.includes(label.toLowerCase()));
}

function saysSo(issue: Words, { title, body }: HostPayload<'update_issue'>): boolean {
  return (
    (title === undefined || issue.title === title) &&
    (body === undefined || unmarked(issue.body ?? '') === unmarked(body))
  );
}

function sinceOf(write: HostWrite): string {
  return new Date(Math.max(0, write.since.getTime() - lookBackMs)).toISOString();
}

function sameLogin(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function adopted(number: number | null, url: string | null, sha: string | null): EffectResult {
  return { number, url, sha, adopted: true };
}
