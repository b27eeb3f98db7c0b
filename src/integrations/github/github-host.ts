import { readWrite } from '../../domain/host-payload.ts';
import type { CodeHost, GitRemote, HostWrite, Markers } from '../../domain/ports/code-host.ts';
import type { GitPush } from '../../domain/ports/git.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Random } from '../../lib/random.ts';
import type { RetryOptions } from '../../platform/resilience/retry.ts';
import type { AccessOf } from './credentials/access.ts';
import type { EtagStore } from './etag-store.ts';
import {
  createExchange,
  type Deadlines,
  type Exchange,
  type ExchangeObserver,
  type Fetch,
  type HttpAnswer,
  observed,
  usualDeadlines,
} from './exchange.ts';
import { createGithubClient, type GithubClient } from './github-client.ts';
import { createGithubFinds } from './github-finds.ts';
import { createGithubReads } from './github-reads.ts';
import { createGithubReviews } from './github-reviews.ts';
import { createGithubWrites } from './github-writes.ts';
import { createIssueEdits } from './issue-edits.ts';
import { createReviewThreads } from './review-threads.ts';
import { User } from './schemas.ts';

export interface GithubHostDeps {
  /** `https://api.github.com`, or with a path like `/api/v3` on Enterprise Server. */
  readonly apiUrl: string;
  /** `https://github.com`: where git goes. */
  readonly serverUrl: string;
  /** The credential for each repository. */
  readonly access: AccessOf;
  /** The repository of our proposals: whoever writes there is who we are. Null: only one credential matters. */
  readonly home?: string | null;
  /** The login that a person says the token has; taken only where GitHub does not tell (an Actions token, a small server). */
  readonly username?: string | null;
  readonly etags: EtagStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly markers: Markers;
  readonly git: Pick<GitPush, 'push' | 'remoteRef'>;
  readonly deadlines?: Deadlines;
  readonly fetch?: Fetch;
  /** Hears of each request to GitHub. */
  readonly observer?: ExchangeObserver;
  /** Policies round requests and round git, by repository (platform/resilience); none when left out. */
  readonly guards?: GithubGuards;
  readonly retry?: RetryOptions;
  readonly log?: Log;
}

export interface GithubGuards {
  readonly request: (
    repository: string | null,
    call: () => Promise<HttpAnswer>,
  ) => Promise<HttpAnswer>;
  readonly git: <Result>(
    repository: string,
    call: () => Promise<Result>,
    options: { readonly mayRepeat: boolean },
  ) => Promise<Result>;
}

/** GitHub over REST, and GraphQL for what REST does not tell; github.com or Enterprise Server. */
export function createGithubHost(deps: GithubHostDeps): CodeHost {
  const plain = createExchange(deps.deadlines ?? usualDeadlines, deps.fetch);
  const { observer, clock } = deps;
  const open =
    observer === undefined ? plain : observed(plain, observer, () => clock.monotonicMs());
  const { guards } = deps;
  const exchange: Exchange =
    guards === undefined
      ? open
      : async (request) => guards.request(repositoryIn(request.url), () => open(request));
  const client = createGithubClient({ ...deps, exchange });
  const edits = createIssueEdits({ apiUrl: deps.apiUrl, query: client.query, log: deps.log });
  const selfAt = async (repository: string | null): Promise<string> => {
    const { login } = deps.access(repository);
    return login === null
      ? await whoseToken(client, repository, deps.username ?? null)
      : await login();
  };
  const remote = async (ref: RepositoryRef): Promise<GitRemote> => remoteOf(deps, ref);
  const threads = createReviewThreads({ apiUrl: deps.apiUrl, query: client.query });
  const send = createGithubWrites({
    client,
    threads,
    remote,
    git: deps.git,
    markers: deps.markers,
  });
  const find = createGithubFinds({
    client,
    threads,
    self: selfAt,
    remote,
    git: deps.git,
    markers: deps.markers,
  });
  return {
    name: 'github',
    ...createGithubReads(client, edits),
    ...createGithubReviews(client, threads),
    remote,
    self: () => selfAt(deps.home ?? null),
    send: async (write: HostWrite) => send(write, readWrite(write)),
    find: async (write: HostWrite) => find(write, readWrite(write)),
  };
}

/** The login of the token; throws `github_login_unknown` when neither GitHub nor the configuration says it. */
async function whoseToken(
  client: GithubClient,
  repository: string | null,
  username: string | null,
): Promise<string> {
  try {
    return (await client.get('/user', User, { lane: 'person', for: repository })).login;
  } catch (error) {
    const isUntold =
      error instanceof AppError &&
      (error.code === 'github_forbidden' || error.code === 'github_not_found');
    if (!isUntold) throw error;
    if (username !== null) return username;
    throw new AppError({
      kind: error.kind,
      code: 'github_login_unknown',
      message: `GitHub does not say whose token this is: ${error.message}`,
      next: 'Write the login that the token works as into github.username.',
      details: error.details,
      cause: error,
    });
  }
}

/** `owner/name` in lower case where the address names one. */
function repositoryIn(url: string): string | null {
  const [, owner, name] = /\/repos\/([^/?]+)\/([^/?]+)/u.exec(url) ?? [];
  return owner === undefined || name === undefined ? null : `${owner}/${name}`.toLowerCase();
}

// By environment and bound to the server's address: in arguments other users could read it, in a URL git would log it.
async function remoteOf(deps: GithubHostDeps, ref: RepositoryRef): Promise<GitRemote> {
  const serverUrl = deps.serverUrl.replace(/\/+$/u, '');
  const access = deps.access(ref.name);
  const { governor } = access;
  const basic = Buffer.from(`x-access-token:${await access.token()}`).toString('base64');
  const guard = deps.guards?.git;
  return {
    through: async (kind, talk) => {
      const demand = {
        lane: kind === 'write' ? 'deliver' : 'follow',
        write: kind === 'write',
        createsContent: false,
      } as const;
      const governed = () => governor.hold(demand, talk);
      const options = { mayRepeat: kind === 'read' };
      return guard === undefined ? governed() : guard(ref.name.toLowerCase(), governed, options);
    },
    url: `${serverUrl}/${ref.name}.git`,
    env: {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `http.${serverUrl}/.extraHeader`,
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
      GIT_TERMINAL_PROMPT: '0',
    },
  };
}
