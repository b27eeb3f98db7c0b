import { z } from 'zod';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { sha256 } from '../../lib/hash.ts';
import type { Random } from '../../lib/random.ts';
import { makeRobust } from '../../platform/resilience/make-robust.ts';
import { type EtagStore, keptBodyBytes } from './etag-store.ts';
import type { Exchange, HttpAnswer, HttpRequest } from './exchange.ts';
import { githubError, json, malformed } from './github-error.ts';
import type { Governor } from './governor/governor.ts';
import type { Lane } from './governor/limits.ts';

/** GitHub's REST API: every call governed, reads conditional and retried, writes sent once. Paths begin with `/`. */
export interface GithubClient {
  get<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    options: ReadOptions,
  ): Promise<z.infer<Schema>>;
  /** All pages, by their `Link` headers. */
  list<Schema extends z.ZodType>(
    path: string,
    item: Schema,
    options: ReadOptions,
  ): Promise<z.infer<Schema>[]>;
  /** A GraphQL query: a read that is POSTed; any status below 500, and 501, is answered, a redirect too. */
  readonly query: (url: string, body: string) => Promise<HttpAnswer>;
  write<Schema extends z.ZodType>(request: WriteRequest, schema: Schema): Promise<z.infer<Schema>>;
}

export interface ReadOptions {
  readonly lane: Lane;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly accept?: string;
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
  readonly token: () => Promise<string>;
  readonly governor: Governor;
  readonly etags: EtagStore;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly random: Random;
}

const maxHops = 5;
const maxPages = 1000;

export function createGithubClient(deps: GithubClientDeps): GithubClient {
  const read = createRead(deps);
  const query = createQuery(deps);
  const address = (path: string, query: ReadOptions['query'] = {}): string => {
    const url = new URL(deps.apiUrl.replace(/\/+$/u, '') + path);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, value);
    return url.href;
  };
  return {
    get: async (path, schema, options) => {
      const url = address(path, options.query);
      const answer = await read(url, options);
      return parsed(schema, { method: 'GET', url, headers: {} }, answer);
    },
    list: async (path, item, options) => {
      const items: z.infer<typeof item>[] = [];
      const seen = new Set<string>();
      let url: string | null = address(path, { per_page: '100', ...options.query });
      while (url !== null) {
        if (seen.has(url) || seen.size >= maxPages) throw endless(url);
        seen.add(url);
        const answer: HttpAnswer = await read(url, options);
        items.push(...parsed(z.array(item), { method: 'GET', url, headers: {} }, answer));
        url = nextPage(answer.headers['link'], url);
      }
      return items;
    },
    query,
    write: async (request, schema) => {
      const { method, lane, createsContent } = request;
      const body = request.body === undefined ? {} : { body: JSON.stringify(request.body) };
      const sent = { method, url: address(request.path), headers: {}, ...body };
      const demand = { lane, write: true, createsContent };
      const answer = await followed(deps, sent, demand, request.stillOurs);
      if (answer.status >= 300) throw githubError(sent, answer);
      return parsed(schema, sent, answer);
    },
  };
}

function createQuery(deps: GithubClientDeps): GithubClient['query'] {
  return makeRobust(
    'github_query',
    async (url: string, body: string) => {
      const first = { method: 'POST', url, headers: {}, body, isRead: true } as const;
      const request = await dressed(deps, first, true);
      const demand = { lane: 'person', write: false, createsContent: false } as const;
      const answer = await deps.governor.run(demand, async () => deps.exchange(request));
      if (answer.status >= 500 && answer.status !== 501) throw githubError(first, answer);
      return answer;
    },
    { retry: {}, breaker: {}, clock: deps.clock, random: deps.random },
  );
}

type Read = (url: string, options: ReadOptions) => Promise<HttpAnswer>;

/** Equal reads in flight are one. */
function createRead(deps: GithubClientDeps): Read {
  const underWay = new Map<string, Promise<HttpAnswer>>();
  const robust = makeRobust(
    'github_read',
    async (url: string, options: ReadOptions) => conditional(deps, url, options),
    { retry: {}, breaker: {}, clock: deps.clock, random: deps.random },
  );
  return async (url, options) => {
    const key = `${options.accept ?? ''} ${url}`;
    const same = underWay.get(key);
    if (same !== undefined && options.fresh !== true) return same;
    const mine = robust(url, options).finally(() => {
      if (underWay.get(key) === mine) underWay.delete(key);
    });
    underWay.set(key, mine);
    return mine;
  };
}

async function conditional(
  deps: GithubClientDeps,
  url: string,
  options: ReadOptions,
): Promise<HttpAnswer> {
  // What one token may see another may not, so answers are kept for each token.
  const key = sha256(`${await deps.token()}\n${options.accept ?? ''}\n${url}`);
  const kept = options.fresh === true ? null : await deps.etags.get(key);
  const headers = {
    ...(options.accept === undefined ? {} : { accept: options.accept }),
    ...(kept === null ? {} : { 'if-none-match': kept.etag }),
  };
  const request = { method: 'GET', url, headers } as const;
  const demand = { lane: options.lane, write: false, createsContent: false };
  const answer = await followed(deps, request, demand);
  if (answer.status === 304 && kept !== null) {
    const link = kept.link === null ? {} : { link: kept.link };
    return { status: 200, headers: { ...answer.headers, ...link }, text: kept.body };
  }
  if (answer.status !== 200) throw githubError(request, answer);
  const { etag } = answer.headers;
  const keep = options.fresh !== true && answer.text.length <= keptBodyBytes;
  if (etag !== undefined && keep && isWhole(answer))
    await deps.etags.put(key, { etag, body: answer.text, link: answer.headers['link'] ?? null });
  return answer;
}

// A garbled answer must not be answered again for as long as its ETag holds.
function isWhole({ headers, text }: HttpAnswer): boolean {
  return headers['content-type']?.includes('json') !== true || json(text) !== undefined;
}

/** Sends, and follows redirects with the same method, to another host only for reads and without our credential. */
async function followed(
  deps: GithubClientDeps,
  first: HttpRequest,
  demand: Parameters<Governor['run']>[0],
  stillOurs: () => boolean = () => true,
): Promise<HttpAnswer> {
  const home = new URL(deps.apiUrl).origin;
  let url = first.url;
  for (let hop = 0; hop <= maxHops; hop += 1) {
    const request = await dressed(deps, { ...first, url }, new URL(url).origin === home);
    const answer = await deps.governor.run(demand, async () => {
      if (!stillOurs()) throw leaseLost();
      return deps.exchange(request);
    });
    const location = answer.headers['location'];
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
    const next = new URL(location, url);
    if (first.method !== 'GET' && !isSamePlace(first.url, next, home, answer.status))
      throw astray(first, next.origin + next.pathname);
    url = next.href;
  }
  throw astray(first, 'too many places');
}

// A renamed repository keeps its issues' numbers; a transferred issue is another one in a place nobody approved.
function isSamePlace(url: string, next: URL, home: string, status: number): boolean {
  const tail = new URL(url).pathname.replace(/^.*?\/repos\/[^/]+\/[^/]+/u, '');
  return next.origin === home && status !== 303 && next.pathname.endsWith(tail);
}

async function dressed(
  deps: GithubClientDeps,
  request: HttpRequest,
  isHome: boolean,
): Promise<HttpRequest> {
  const headers = {
    accept: 'application/vnd.github+json',
    'user-agent': 'claude-manager-service',
    'x-github-api-version': '2022-11-28',
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...request.headers,
    ...(isHome ? { authorization: `Bearer ${await deps.token()}` } : {}),
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

function astray(request: HttpRequest, where: string): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'github_redirect',
    message: `${request.method} ${request.url} was sent on to ${where} and not followed.`,
    next: 'Check github.apiUrl in the configuration.',
    details: { url: request.url },
  });
}
