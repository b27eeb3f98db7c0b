import { z } from 'zod';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { sha256 } from '../../lib/hash.ts';
import type { Random } from '../../lib/random.ts';
import { createRetry, type RetryOptions } from '../../platform/resilience/retry.ts';
import type { AccessOf, GithubAccess } from './credentials/access.ts';
import { type EtagStore, keptBodyBytes } from './etag-store.ts';
import type { Exchange, HttpAnswer, HttpRequest } from './exchange.ts';
import { githubError, json, malformed } from './github-error.ts';
import type { Governor } from './governor/governor.ts';
import type { Lane } from './governor/lanes.ts';

/** GitHub's REST API: every call governed, reads conditional and retried, writes sent once. Paths begin with `/`. */
export interface GithubClient {
  get<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    options: ReadOptions,
  ): Promise<z.infer<Schema>>;
  /**
   * All pages, by their `Link` headers. Of each item only what `take` makes of it is held, nothing where that is null; all
   * of it when left out.
   */
  list<Schema extends z.ZodType, Kept = z.infer<Schema>>(
    path: string,
    item: Schema,
    options: ReadOptions,
    take?: (item: z.infer<Schema>) => Kept | null,
  ): Promise<Kept[]>;
  /** A GraphQL query: a read that is POSTed; any status below 500, and 501, is answered, a redirect too. */
  readonly query: (url: string, body: string, repository: string) => Promise<HttpAnswer>;
  write<Schema extends z.ZodType>(request: WriteRequest, schema: Schema): Promise<z.infer<Schema>>;
}

export interface ReadOptions {
  readonly lane: Lane;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly accept?: string;
  /** Whose credential is used where the path names no repository. */
  readonly for?: string | null;
  /** Asked anew, neither joined to an equal read under way nor kept; for looking at what was just written. */
  readonly fresh?: boolean;
}

export interface WriteRequest {
  readonly method: 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly lane: Lane;
  readonly createsContent: boolean;
  readonly body?: unknown;
  /** Asked right before the request goes out (domain/ports/code-host.ts, HostWrite). */
  readonly stillOurs?: (() => boolean) | undefined;
}

export interface GithubClientDeps {
  readonly apiUrl: string;
  readonly access: AccessOf;
  readonly etags: EtagStore;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly random: Random;
  /** Of reads; by default three tries. */
  readonly retry?: RetryOptions;
}

type Retry = ReturnType<typeof createRetry>;

const maxHops = 5;
const maxPages = 1000;

export function createGithubClient(deps: GithubClientDeps): GithubClient {
  // The one layer that repeats, and one budget of repeats for all that is read.
  const retry = createRetry(deps.retry ?? {}, deps.clock, deps.random);
  const read = createRead(deps, retry);
  const query = createQuery(deps, retry);
  const address = (path: string, query: ReadOptions['query'] = {}): string => {
    const url = new URL(deps.apiUrl.replace(/\/+$/u, '') + path);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, value);
    return url.href;
  };
  return {
    get: async (path, schema, options) => {
      const url = address(path, options.query);
      const access = deps.access(placeOf(path) ?? options.for ?? null);
      const request = { method: 'GET', url, headers: {} } as const;
      const { value } = await read(access, url, options, (got) => parsed(schema, request, got));
      return value;
    },
    list: async <Schema extends z.ZodType, Kept = z.infer<Schema>>(
      path: string,
      item: Schema,
      options: ReadOptions,
      take: (one: z.infer<Schema>) => Kept | null = (one) => one as Kept,
    ) => {
      const items: Kept[] = [];
      const seen = new Set<string>();
      // Further pages name the repository by a number.
      const access = deps.access(placeOf(path));
      let url: string | null = address(path, { per_page: '100', ...options.query });
      while (url !== null) {
        if (seen.has(url) || seen.size >= maxPages) throw endless(url);
        seen.add(url);
        const request = { method: 'GET', url, headers: {} } as const;
        const parse = (got: HttpAnswer) => parsed(z.array(item), request, got);
        const page: Parsed<z.infer<Schema>[]> = await read(access, url, options, parse);
        for (const one of page.value) {
          const kept = take(one);
          if (kept !== null) items.push(kept);
        }
        url = nextPage(page.answer.headers['link'], url);
      }
      return items;
    },
    query,
    write: async (request, schema) => {
      const { method, lane, createsContent } = request;
      const body = request.body === undefined ? {} : { body: JSON.stringify(request.body) };
      const sent = { method, url: address(request.path), headers: {}, ...body };
      const demand = { lane, write: true, createsContent };
      const access = deps.access(placeOf(request.path));
      const answer = await followed(deps, access, sent, demand, request.stillOurs);
      if (answer.status >= 300) throw githubError(sent, answer);
      return parsed(schema, sent, answer);
    },
  };
}

function createQuery(deps: GithubClientDeps, retry: Retry): GithubClient['query'] {
  return async (url, body, repository) =>
    retry(async () => {
      const first = { method: 'POST', url, headers: {}, body, isRead: true } as const;
      const demand = { lane: 'person', write: false, createsContent: false } as const;
      const answer = await authorized(deps, deps.access(repository), first, demand);
      if (answer.status >= 500 && answer.status !== 501) throw githubError(first, answer);
      return answer;
    });
}

interface Parsed<Value> {
  readonly answer: HttpAnswer;
  readonly value: Value;
}

type Read = <Value>(
  access: GithubAccess,
  url: string,
  options: ReadOptions,
  parse: (answer: HttpAnswer) => Value,
) => Promise<Parsed<Value>>;

/** Equal reads in flight are one. An answer that cannot be read is asked for again like one that did not come. */
function createRead(deps: GithubClientDeps, retry: Retry): Read {
  const underWay = new Map<string, Promise<Parsed<unknown>>>();
  return async (access, url, options, parse) => {
    const key = `${access.id} ${options.accept ?? ''} ${url}`;
    const same = underWay.get(key);
    if (same !== undefined && options.fresh !== true) {
      const { answer } = await same;
      return { answer, value: parse(answer) };
    }
    const mine = retry(async () => {
      const { answer, keep } = await conditional(deps, access, url, options);
      const value = parse(answer);
      await keep();
      return { answer, value };
    }).finally(() => {
      if (underWay.get(key) === mine) underWay.delete(key);
    });
    underWay.set(key, mine);
    return mine;
  };
}

async function conditional(
  deps: GithubClientDeps,
  access: GithubAccess,
  url: string,
  options: ReadOptions,
): Promise<Conditional> {
  // What one credential may see another may not; the tokens of an app change by the hour.
  const key = sha256(`${await keptFor(access)}\n${options.accept ?? ''}\n${url}`);
  const kept = options.fresh === true ? null : await deps.etags.get(key);
  const headers = {
    ...(options.accept === undefined ? {} : { accept: options.accept }),
    ...(kept === null ? {} : { 'if-none-match': kept.etag }),
  };
  const request = { method: 'GET', url, headers } as const;
  const demand = { lane: options.lane, write: false, createsContent: false };
  const answer = await followed(deps, access, request, demand);
  if (answer.status === 304 && kept !== null) {
    const link = kept.link === null ? {} : { link: kept.link };
    const whole = { status: 200, headers: { ...answer.headers, ...link }, text: kept.body };
    return { answer: whole, keep: async () => undefined };
  }
  if (answer.status !== 200) throw githubError(request, answer);
  const { etag } = answer.headers;
  const mayKeep = options.fresh !== true && answer.text.length <= keptBodyBytes;
  const keep = async (): Promise<void> => {
    if (etag === undefined || !mayKeep) return;
    await deps.etags.put(key, { etag, body: answer.text, link: answer.headers['link'] ?? null });
  };
  return { answer, keep };
}

interface Conditional {
  readonly answer: HttpAnswer;
  /** For the next time; only of an answer that was read, or a garbled one would be answered for as long as its ETag holds. */
  readonly keep: () => Promise<void>;
}

/** Sends, and follows redirects with the same method, to another host only for reads and without our credential. */
async function followed(
  deps: GithubClientDeps,
  access: GithubAccess,
  first: HttpRequest,
  demand: Parameters<Governor['run']>[0],
  stillOurs: () => boolean = () => true,
): Promise<HttpAnswer> {
  const home = new URL(deps.apiUrl).origin;
  let url = first.url;
  for (let hop = 0; hop <= maxHops; hop += 1) {
    const request = { ...first, url };
    const answer =
      new URL(url).origin === home
        ? await authorized(deps, access, request, demand, stillOurs)
        : await sent(deps, access, dressed(request, null), demand, stillOurs);
    const location = answer.headers['location'];
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) {
      // Where it was sent on to it may not be seen.
      const isElsewhere = hop > 0 && !isSamePlace(first.url, new URL(url), home, answer.status);
      if (isElsewhere && [403, 404, 410].includes(answer.status)) throw movedAway(first, url);
      return answer;
    }
    const next = new URL(location, url);
    if (first.method !== 'GET' && !isSamePlace(first.url, next, home, answer.status))
      throw next.origin === home
        ? movedAway(first, next.href)
        : astray(first, next.origin + next.pathname);
    url = next.href;
  }
  throw astray(first, 'too many places');
}

// A renamed repository keeps its issues' numbers; a transferred issue is another one in a place nobody approved.
function isSamePlace(url: string, next: URL, home: string, status: number): boolean {
  const tail = new URL(url).pathname.replace(/^.*?\/repos\/[^/]+\/[^/]+/u, '');
  return next.origin === home && status !== 303 && next.pathname.endsWith(tail);
}

/** With the credential; a token that GitHub refuses is replaced once when there is another, as nothing happened then. */
async function authorized(
  deps: GithubClientDeps,
  access: GithubAccess,
  request: HttpRequest,
  demand: Parameters<Governor['run']>[0],
  stillOurs: () => boolean = () => true,
): Promise<HttpAnswer> {
  for (let tried = 1; ; tried += 1) {
    const token = await access.token();
    const answer = await sent(deps, access, dressed(request, token), demand, stillOurs);
    if (answer.status !== 401) {
      if (answer.status < 400) await access.accepted(token);
      return answer;
    }
    const mayTry = tried === 1 ? await access.refused(token) : await refusedAgain(access, token);
    if (!mayTry) return answer;
  }
}

/** The new token was refused as well: that counts, and no third one is asked for. */
async function refusedAgain(access: GithubAccess, token: string): Promise<false> {
  await access.refusedForGood(token);
  return false;
}

async function sent(
  deps: GithubClientDeps,
  access: GithubAccess,
  request: HttpRequest,
  demand: Parameters<Governor['run']>[0],
  stillOurs: () => boolean,
): Promise<HttpAnswer> {
  return await access.governor.run(demand, async () => {
    if (!stillOurs()) throw leaseLost();
    return await deps.exchange(request);
  });
}

/** An app's answers stay good when its token changes; those of a personal token belong to that token. */
async function keptFor(access: GithubAccess): Promise<string> {
  return access.login === null ? await access.token() : access.id;
}

/** `owner/name` of an address below the API, `owner/` of an account's lists, else null. */
function placeOf(path: string): string | null {
  const [, owner, name] = /^\/repos\/([^/?]+)\/([^/?]+)/u.exec(path) ?? [];
  if (owner !== undefined && name !== undefined)
    return `${decodeURIComponent(owner)}/${decodeURIComponent(name)}`;
  const [, account] = /^\/(?:orgs|users)\/([^/?]+)/u.exec(path) ?? [];
  return account === undefined ? null : `${decodeURIComponent(account)}/`;
}

function dressed(request: HttpRequest, token: string | null): HttpRequest {
  const headers = {
    accept: 'application/vnd.github+json',
    'user-agent': 'claude-manager-service',
    'x-github-api-version': '2022-11-28',
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...request.headers,
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
  return { ...request, headers };
}

function parsed<Schema extends z.ZodType>(
  schema: Schema,
  request: HttpRequest,
  answer: HttpAnswer,
): z.infer<Schema> {
  const read = schema.safeParse(json(answer.text));
  if (read.success) return read.data;
  if (answer.headers['content-type']?.includes('json') !== true) {
    const plain = schema.safeParse(answer.text);
    if (plain.success) return plain.data;
  }
  throw malformed(request, answer, z.prettifyError(read.error).slice(0, 500));
}

/** Address of the next page (RFC 8288); only on the same server, where the credential may go. */
function nextPage(link: string | undefined, current: string): string | null {
  for (const part of (link ?? '').split(/,\s*(?=<)/u)) {
    const match = /^<([^>]*)>.*;\s*rel="?next"?/u.exec(part);
    if (match?.[1] !== undefined) return new URL(match[1], current).href;
  }
  return null;
}

function leaseLost(): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'effect_lease_lost',
    message: 'Another process sends this effect now; nothing was sent here.',
  });
}

function endless(url: string): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'github_endless_list',
    message: `The list does not end: page ${url} came again, or there are more than ${maxPages} pages.`,
    details: { url, upstreamStatus: 200 },
  });
}

/** GitHub did nothing but tell another place, and nobody approved a write there. */
function movedAway(request: HttpRequest, to: string): AppError {
  const { pathname } = new URL(request.url);
  return new AppError({
    kind: 'not_found',
    code: 'github_moved',
    message: `${request.method} ${pathname} leads to another place now, so it was not done there.`,
    next: 'Look where it was moved to; what is there is another issue.',
    details: { method: request.method, url: request.url, to, upstreamStatus: 301 },
  });
}

function astray(request: HttpRequest, where: string): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'github_redirect',
    message: `${request.method} ${request.url} was sent on to ${where} and not followed.`,
    next: 'Check github.apiUrl in the configuration.',
    details: { url: request.url },
  });
}
