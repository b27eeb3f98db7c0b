import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Apps } from './apps.ts';
import type { Contract } from './contract.ts';
import type { RawAnswer } from './git-http.ts';
import { answerGraphql } from './graphql.ts';
import type { IssueActs } from './issue-acts.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { Json } from './present.ts';
import type { PullActs } from './pull-acts.ts';
import type { RateLimit } from './rate-limit.ts';
import { type Answer, type Call, notFound, RestError, type Route } from './route.ts';
import { findRoute } from './router.ts';
import {
  type Account,
  findRepository,
  fullName,
  hasRole,
  type Repository,
  roleOf,
  type State,
} from './state.ts';

export interface RestDeps {
  readonly apps: Pick<Apps, 'answer' | 'isAppToken'>;
  readonly state: State;
  readonly issues: IssueActs;
  readonly pulls: PullActs;
  readonly rates: RateLimit;
  readonly contract: Contract;
}

export interface RestRequest {
  readonly method: string;
  /** Path and query without the base path. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  readonly token: string;
  /** undefined: a token that nobody has; null: no token. */
  readonly account: Account | null | undefined;
  readonly entry: JournalEntry;
}

/** Answers one REST request as GitHub does, limits and conditional requests included. */
export function createRest(deps: RestDeps): (request: RestRequest) => Promise<RawAnswer> {
  return async (request) => {
    const answer = await answerOf(deps, request).catch((error: unknown) => {
      if (error instanceof RestError) return refusal(error);
      throw error;
    });
    return finish(deps, request, answer);
  };
}

async function answerOf(deps: RestDeps, request: RestRequest): Promise<Answer> {
  const { account, token, entry } = request;
  if (request.headers['user-agent'] === undefined) {
    throw new RestError(
      403,
      'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.',
    );
  }
  const asApp = deps.apps.answer(request.method, request.path, token);
  if (asApp !== undefined) return asApp;
  if (account === undefined) throw new RestError(401, 'Bad credentials');
  if (account?.suspended === true) throw new RestError(403, 'Sorry. Your account was suspended');
  const path = request.path.split('?')[0] ?? '';
  if (path === '/user' && deps.apps.isAppToken(token))
    throw new RestError(403, 'Resource not accessible by integration');
  if (path === '/rate_limit') return { status: 200, body: rateLimitBody(deps.rates, token) };
  if (deps.rates.look(token).remaining === 0) {
    throw new RestError(403, `API rate limit exceeded for user ID ${account?.id ?? 0}.`);
  }
  if (entry.kind === 'graphql') {
    if (account === null)
      throw new RestError(401, 'This endpoint requires you to be authenticated.');
    return { status: 200, body: await answerGraphql(deps.state, account, request.body) };
  }
  const { route, params } = findRoute(deps.state, request.method, path);
  entry.operation = route.path;
  entry.contentCreation = route.createsContent ?? false;
  const call = callOf(deps, request, params);
  deps.contract.checkRequest(request.method, route.path, call.query, request.body, entry.requestId);
  mayCall(route, call, params);
  const answer = await route.handle(call);
  deps.contract.checkAnswer(
    request.method,
    route.path,
    answer.status,
    answer.body,
    entry.requestId,
  );
  return answer;
}

function callOf(deps: RestDeps, request: RestRequest, params: Record<string, string>): Call {
  const { account = null, entry } = request;
  const repo = params['owner'] === undefined ? undefined : repositoryOf(deps.state, params);
  const role = repo === undefined ? 'none' : roleOf(repo, account);
  if (repo !== undefined) moveOn(deps.state, repo, params, role === 'none');
  const body = typeof request.body === 'object' && request.body !== null ? request.body : {};
  return {
    ...deps,
    account,
    role,
    params,
    body: (Array.isArray(body) ? { labels: body } : body) as Json,
    query: new URLSearchParams(request.path.split('?')[1] ?? ''),
    accept: request.headers.accept ?? '',
    get doer() {
      if (account === null) throw new RestError(401, 'Requires authentication');
      return { account, via: 'rest' as const, requestId: entry.requestId };
    },
    get repo() {
      if (repo === undefined) throw notFound();
      return repo;
    },
  };
}

function repositoryOf(state: State, params: Record<string, string>): Repository {
  const repo = findRepository(state, `${params['owner'] ?? ''}/${params['repo'] ?? ''}`);
  if (repo === undefined) throw notFound();
  return repo;
}

/** 301 to the address by id when the repository has another name now. */
function moveOn(
  state: State,
  repo: Repository,
  params: Record<string, string>,
  hidden: boolean,
): void {
  if (hidden) throw notFound();
  const asked = `${params['owner'] ?? ''}/${params['repo'] ?? ''}`.toLowerCase();
  if (asked === fullName(repo).toLowerCase()) return;
  const location = `${state.apiUrl}${params['rest'] ?? ''}`;
  throw new RestError(301, 'Moved Permanently', { url: location }, { location });
}

function mayCall(route: Route, call: Call, params: Record<string, string>): void {
  if (params['owner'] === undefined) return;
  const writes = route.method !== 'GET';
  if (writes) void call.doer;
  if (writes && call.repo.archived)
    throw new RestError(403, 'Repository was archived so is read-only.');
  if (hasRole(call.role, route.needs ?? 'read')) return;
  throw new RestError(403, 'Must have admin rights to Repository.');
}

function finish(deps: RestDeps, request: RestRequest, answer: Answer): RawAnswer {
  const { rates } = deps;
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  const body = Buffer.from(answer.body === undefined ? '' : text);
  const etag = `W/"${createHash('sha256').update(body).digest('hex')}"`;
  const unchanged =
    request.method === 'GET' && answer.status === 200 && request.headers['if-none-match'] === etag;
  const charged = !unchanged && answer.status !== 401 && !request.path.startsWith('/rate_limit');
  const left = rates.look(request.token);
  request.entry.charged = charged && left.remaining > 0;
  if (request.entry.charged) rates.charge(request.token);
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    ...(request.method === 'GET' && answer.status === 200 ? { etag } : {}),
    'cache-control': 'private, max-age=60, s-maxage=60',
    ...rateHeaders(rates, request.token),
    'x-github-request-id': request.entry.requestId,
    ...(request.account ? { 'x-oauth-scopes': 'repo' } : {}),
    'x-github-media-type': 'github.v3; format=json',
    ...answer.headers,
  };
  if (left.remaining === 0 && answer.status === 403) {
    const waitMs = Math.max(0, left.reset * 1000 - deps.state.clock.now().getTime());
    request.entry.waitUntilMs = deps.state.clock.monotonicMs() + waitMs;
  }
  if (unchanged) return { status: 304, headers, body: Buffer.alloc(0) };
  return { status: answer.status, headers, body };
}

export function rateHeaders(rates: RateLimit, token: string): Record<string, string> {
  const { limit, remaining, used, reset } = rates.look(token);
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-used': String(used),
    'x-ratelimit-reset': String(reset),
    'x-ratelimit-resource': 'core',
  };
}

function rateLimitBody(rates: RateLimit, token: string): Json {
  const core = rates.look(token);
  const untouched = { ...core, remaining: core.limit, used: 0 };
  return { resources: { core, search: untouched, graphql: untouched }, rate: core };
}

function refusal(error: RestError): Answer {
  const documentation = 'https://docs.github.com/rest';
  const body = {
    message: error.message,
    ...error.more,
    documentation_url: documentation,
    ...(error.status === 301 ? {} : { status: String(error.status) }),
  };
  return { status: error.status, body, headers: error.headers };
}
