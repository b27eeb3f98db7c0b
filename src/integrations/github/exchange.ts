import { Agent, type RequestInit, fetch as undiciFetch } from 'undici';
import { AppError, messageOf } from '../../lib/app-error.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Changes nothing, though its method is not GET (a GraphQL query). */
  readonly isRead?: boolean;
}

/** Whether a lost answer leaves open that something happened. */
export function mayChange({ method, isRead = false }: HttpRequest): boolean {
  return method !== 'GET' && !isRead;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** One request and its whole answer; redirects are answers. */
export type Exchange = (request: HttpRequest) => Promise<HttpAnswer>;

/** The part of `fetch` that is used; a program that embeds us may hand in its own. */
export type Fetch = (
  url: string,
  init: RequestInit,
) => Promise<{
  readonly status: number;
  readonly headers: Iterable<[string, string]>;
  readonly body: AsyncIterable<Uint8Array> | null;
}>;

/** Hears of each request when it has ended; `status` is null when no answer came. */
export type ExchangeObserver = (seen: {
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
  readonly durationMs: number;
  /** The answer's `Date`; null when it bore none, or came out of a cache (`Age`). */
  readonly date: string | null;
}) => void;

/** Puts an observer round an exchange. */
export function observed(
  exchange: Exchange,
  observer: ExchangeObserver,
  nowMs: () => number,
): Exchange {
  return async (request) => {
    const started = nowMs();
    let [status, date]: [number | null, string | null] = [null, null];
    try {
      const answer = await exchange(request);
      ({ status } = answer);
      if (answer.headers['age'] === undefined) date = answer.headers['date'] ?? null;
      return answer;
    } finally {
      const path = new URL(request.url).pathname;
      observer({ method: request.method, path, status, durationMs: nowMs() - started, date });
    }
  };
}

/** Longest waits in milliseconds. */
export interface Deadlines {
  readonly connectMs: number;
  /** Until the head of the answer, and between two pieces of its body. */
  readonly firstByteMs: number;
  readonly totalMs: number;
}

export const usualDeadlines: Deadlines = { connectMs: 3000, firstByteMs: 10_000, totalMs: 60_000 };

const maxBodyBytes = 10_485_760;

/**
 * Sends over undici with deadlines. What fails before anything was sent is AppError `unavailable`; a write whose answer
 * is lost after that is `unknown_outcome`, a read `unavailable` or `timeout`.
 */
export function createExchange(deadlines: Deadlines, given?: Fetch): Exchange {
  const dispatcher = new Agent({
    connect: { timeout: deadlines.connectMs },
    headersTimeout: deadlines.firstByteMs,
    bodyTimeout: deadlines.firstByteMs,
  });
  const send: Fetch = given ?? (async (url, init) => undiciFetch(url, { ...init, dispatcher }));
  return async (request) => {
    const signal = AbortSignal.timeout(deadlines.totalMs);
    try {
      const answer = await send(request.url, {
        method: request.method,
        headers: { ...request.headers },
        body: request.body ?? null,
        redirect: 'manual',
        signal,
      });
      const text = await readText(answer.body);
      return { status: answer.status, headers: Object.fromEntries(answer.headers), text };
    } catch (error) {
      throw failure(request, error);
    }
  };
}

async function readText(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) throw new Error(`the answer is larger than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  // Ports that fetch refuses by itself have no code.
  'bad port',
]);

const timedOut = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'TimeoutError']);

function failure(request: HttpRequest, error: unknown): AppError {
  const { origin } = new URL(request.url);
  const code = causeCode(error);
  const details = { method: request.method, url: request.url, cause: code, upstreamStatus: null };
  if (neverSent.has(code))
    return new AppError({
      kind: 'unavailable',
      code: 'github_unreachable',
      message: `GitHub at ${origin} cannot be reached (${code}).`,
      next: 'Check the network and github.apiUrl in the configuration.',
      details,
      cause: error,
    });
  if (mayChange(request))
    return new AppError({
      kind: 'unknown_outcome',
      code: 'github_answer_lost',
      message: `The answer to ${request.method} at ${origin} was lost (${code}); it may have happened.`,
      details,
      cause: error,
    });
  return new AppError({
    kind: timedOut.has(code) ? 'timeout' : 'unavailable',
    code: 'github_no_answer',
    message: `GitHub at ${origin} gave no whole answer (${code}).`,
    details,
    cause: error,
  });
}

/** The most telling code in the chain of causes; undici wraps what happened as "fetch failed". */
function causeCode(error: unknown): string {
  let found = '';
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    const { code } = current as NodeJS.ErrnoException;
    if (typeof code === 'string') found = code;
    else if (current.name === 'TimeoutError') found = 'TimeoutError';
    else if (current instanceof AggregateError) found = causeCode(current.errors[0]);
    current = current.cause;
  }
  return found === '' ? messageOf(error instanceof Error ? (error.cause ?? error) : error) : found;
}
