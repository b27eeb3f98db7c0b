import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Apps } from './apps.ts';
import type { Fault, Faults } from './faults.ts';
import { type GitRequest, isGitPath, type RawAnswer } from './git-http.ts';
import type { JournalWriter } from './journal.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { RateLimit } from './rate-limit.ts';
import { type RestRequest, rateHeaders } from './rest.ts';
import type { Account, State } from './state.ts';

export interface ServerDeps {
  readonly apps: Apps;
  readonly state: State;
  readonly journal: JournalWriter;
  readonly faults: Faults;
  readonly rates: RateLimit;
  readonly rest: (request: RestRequest) => Promise<RawAnswer>;
  readonly git: (request: GitRequest) => Promise<RawAnswer>;
  /** Answers `/_emulator/...`; undefined when the path is none of it. */
  readonly control: (method: string, path: string, body: Buffer) => Promise<RawAnswer> | undefined;
}

/** How an answer leaves: whole, cut off, or not at all. */
type Delivery = 'send' | 'reset' | 'hang' | 'truncate';
interface Outcome {
  readonly answer: RawAnswer;
  readonly delivery: Delivery;
}

/** Receives every request, writes the journal and lets faults strike. */
export function createHandler(
  deps: ServerDeps,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    void serve(deps, request, response).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return response.destroy();
      response.writeHead(500, { 'content-type': 'text/plain' });
      return response.end(`the emulator failed: ${String(error)}`);
    });
  };
}

async function serve(
  deps: ServerDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? 'GET';
  const path = (request.url ?? '/').replace(/^\/api\/v3(?=[/?]|$)/, '');
  const body = await readAll(request);
  if (body === undefined) return;
  const controlled = deps.control(method, path, body);
  if (controlled !== undefined) return send(response, await controlled);

  const token = tokenOf(request.headers.authorization);
  const account = accountOf(deps, token);
  const kind = isGitPath(path) ? 'git' : isGraphqlPath(path) ? 'graphql' : 'rest';
  const entry = deps.journal.begin(
    {
      requestId: requestId(deps.state),
      kind,
      method,
      path,
      body: kind === 'git' ? undefined : parseJson(body),
      authorized: token !== '',
      conditional: request.headers['if-none-match'] !== undefined,
      user: account?.login ?? null,
    },
    token,
  );
  response.once('close', () => deps.journal.end(entry, 0));
  const asked = { method, path, headers: request.headers, body, token, account, entry };
  const outcome = await answerWithFaults(deps, asked);
  await deliver(deps.journal, entry, response, outcome);
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly token: string;
  readonly account: Account | null | undefined;
  readonly entry: JournalEntry;
}

async function answerWithFaults(deps: ServerDeps, asked: Asked): Promise<Outcome> {
  const { entry, token, method, path } = asked;
  const heldSeconds = deps.rates.held(token);
  if (heldSeconds > 0 && entry.kind !== 'git') {
    return { answer: limited(deps, asked, 429, heldSeconds, heldSeconds), delivery: 'send' };
  }
  const fault = deps.faults.take(method, path);
  if (fault === undefined) return { answer: await real(deps, asked), delivery: 'send' };
  entry.fault = fault.kind;
  return strike(deps, asked, fault);
}

async function strike(deps: ServerDeps, asked: Asked, fault: Fault): Promise<Outcome> {
  const seconds = fault.retryAfterSeconds;
  switch (fault.kind) {
    case 'reset-before':
      return { answer: nothing, delivery: 'reset' };
    case 'hang-before':
      return { answer: nothing, delivery: 'hang' };
    case 'retry-after':
      return {
        answer: limited(deps, asked, fault.status ?? 429, seconds ?? 1, seconds ?? 1),
        delivery: 'send',
      };
    case 'secondary-limit':
      return {
        answer: limited(deps, asked, fault.status ?? 403, seconds ?? 60, seconds),
        delivery: 'send',
      };
    case 'primary-limit':
      deps.rates.exhaust(asked.token, seconds ?? 60);
      return { answer: await real(deps, asked), delivery: 'send' };
    case 'status':
      if (fault.afterEffect === true) await real(deps, asked);
      return { answer: failure(fault.status ?? 502), delivery: 'send' };
    case 'slow':
      await delay(fault.ms ?? 1000);
      return { answer: await real(deps, asked), delivery: 'send' };
    default:
      return spoil(await real(deps, asked), fault.kind);
  }
}

/** The effect is done; what comes back of it is not what GitHub meant to say. */
function spoil(answer: RawAnswer, kind: Fault['kind']): Outcome {
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  switch (kind) {
    case 'garbage':
      return {
        answer: { status: answer.status, headers, body: Buffer.from('{"id": 17, "ti\u0000') },
        delivery: 'send',
      };
    case 'html':
      return {
        answer: { status: 200, headers: { 'content-type': 'text/html' }, body: unicorn },
        delivery: 'send',
      };
    case 'truncate':
      return { answer, delivery: 'truncate' };
    case 'hang-after':
      return { answer, delivery: 'hang' };
    default:
      return { answer, delivery: 'reset' };
  }
}

function real(deps: ServerDeps, asked: Asked): Promise<RawAnswer> {
  const { entry } = asked;
  if (entry.kind !== 'git') return deps.rest({ ...asked, body: entry.body });
  return deps.git({ ...asked, requestId: entry.requestId });
}

/** A refusal by the secondary limit; `told` is the `retry-after` that is sent, if any. */
function limited(
  deps: ServerDeps,
  asked: Asked,
  status: number,
  seconds: number,
  told: number | undefined,
): RawAnswer {
  if (deps.rates.held(asked.token) === 0) deps.rates.hold(asked.token, seconds);
  asked.entry.waitUntilMs = deps.state.clock.monotonicMs() + seconds * 1000;
  const message =
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
  const answer = failure(status, message);
  const headers = {
    ...answer.headers,
    ...rateHeaders(deps.rates, asked.token),
    'x-github-request-id': asked.entry.requestId,
    ...(told === undefined ? {} : { 'retry-after': String(told) }),
  };
  return { ...answer, headers };
}

function failure(status: number, message = 'Server Error'): RawAnswer {
  const body = Buffer.from(
    JSON.stringify({ message, documentation_url: 'https://docs.github.com/rest' }),
  );
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body };
}

async function deliver(
  journal: JournalWriter,
  entry: JournalEntry,
  response: ServerResponse,
  { answer, delivery }: Outcome,
): Promise<void> {
  if (delivery === 'hang') return;
  if (delivery === 'reset' || response.destroyed) {
    journal.end(entry, 0);
    response.socket?.resetAndDestroy();
    return;
  }
  if (delivery === 'truncate') {
    journal.end(entry, 0);
    response.writeHead(answer.status, {
      ...answer.headers,
      'content-length': answer.body.length + 1,
    });
    response.write(answer.body.subarray(0, Math.floor(answer.body.length / 2)), () =>
      response.socket?.destroy(),
    );
    return;
  }
  journal.end(entry, answer.status);
  send(response, answer);
}

function send(response: ServerResponse, answer: RawAnswer): void {
  const length =
    answer.status === 204 || answer.status === 304 ? {} : { 'content-length': answer.body.length };
  response.writeHead(answer.status, { ...answer.headers, ...length });
  response.end(answer.body);
}

/** `/graphql`, and `/api/graphql` on Enterprise Server. */
const isGraphqlPath = (path: string): boolean => /^(\/api)?\/graphql$/.test(path);

/** The whole body; undefined when the client went away. */
async function readAll(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

/** `Bearer T`, `token T`, or Basic with the token as password; empty when there is none. */
function tokenOf(header: string | undefined): string {
  const [, scheme = '', value = ''] = /^(\w+)\s+(.+)$/.exec(header ?? '') ?? [];
  if (scheme.toLowerCase() !== 'basic') return value;
  const pair = Buffer.from(value, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
}

function accountOf({ state, apps }: ServerDeps, token: string): Account | null | undefined {
  if (token === '') return null;
  if (apps.isAppToken(token)) return apps.accountOf(token);
  return [...state.accounts.values()].find((account) => account.tokens.has(token));
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return body.toString();
  }
}

const requestId = (state: State): string =>
  `EMUL:${state.nextId().toString(16).toUpperCase()}:${state.clock.now().getTime().toString(16)}`;

const nothing: RawAnswer = { status: 0, headers: {}, body: Buffer.alloc(0) };
const unicorn = Buffer.from(
  '<!DOCTYPE html><html><title>Unicorn! &middot; GitHub</title><p>This page is taking too long to load.</html>',
);
