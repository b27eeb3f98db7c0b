import type { z } from 'zod';
import type { Contract, Schema } from '../operation.ts';
import { ApiError, apiErrorOf, networkError } from './api-error.ts';
import type { StreamEvent } from './event-source.ts';
import { readEvents } from './event-source.ts';
import type { Route } from './route.ts';
import { routeOf } from './route.ts';

export { ApiError } from './api-error.ts';

export interface ClientOptions {
  /** Where the service is, for example `http://127.0.0.1:8080`; empty in its own dashboard. */
  readonly baseUrl: string;
  /** An API token. Without one the browser's session cookie speaks. */
  readonly token?: string;
  /** In place of the global fetch. */
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Makes a repeated write the same write; made when not given. */
  readonly idempotencyKey?: string;
  /** Goes out though the page that sends it is left; a browser takes 64 kB of these at a time. */
  readonly keepalive?: boolean;
  /** Hears of long work as it goes on. */
  readonly onProgress?: (line: string) => void;
}

export interface StreamOptions {
  readonly signal?: AbortSignal;
  /** `waiting` while it is cut off and comes back by itself. */
  readonly onState?: (state: 'open' | 'waiting') => void;
}

/** The REST API, typed by the contracts. */
export interface ApiClient {
  /** Asks one operation. Throws ApiError. */
  call<C extends AnyContract>(
    contract: C,
    input: z.input<C['input']>,
    options?: CallOptions,
  ): Promise<z.output<C['output']>>;
  /**
   * Follows a stream: comes back by itself where it was cut off, ends when the signal says so. Throws ApiError when the
   * rights are gone or the request is wrong.
   */
  stream<C extends AnyContract>(
    contract: C,
    input: z.input<C['input']>,
    options?: StreamOptions,
  ): AsyncGenerator<z.output<C['output']>>;
}

/** As much of a contract as a call needs. */
export type AnyContract = Pick<Contract, 'name' | 'effect' | 'http'> & {
  readonly input: Schema;
  readonly output: Schema;
};

/** The API asks for this header where a cookie speaks: a foreign page cannot set it. */
export const ownHeader = 'x-claude-manager';

export function createClient(options: ClientOptions): ApiClient {
  return {
    call: async (contract, input, callOptions = {}) => {
      const response = await send(options, contract, input, callOptions);
      if (isStream(response)) return (await lastOf(response, callOptions)) as never;
      const text = await response.text().catch((error: unknown) => {
        throw networkError(error);
      });
      return (text === '' ? null : JSON.parse(text)) as never;
    },
    stream: (contract, input, streamOptions = {}) =>
      follow(options, contract, input, streamOptions) as never,
  };
}

async function send(
  { baseUrl, token, fetch: ask = fetch }: ClientOptions,
  contract: AnyContract,
  input: unknown,
  options: CallOptions & { readonly lastEventId?: string | null; readonly isStream?: boolean },
): Promise<Response> {
  const route = routeOf(contract);
  const { path, rest } = placeOf(route, (input ?? {}) as Readonly<Record<string, unknown>>);
  const wantsEvents = options.isStream === true || options.onProgress !== undefined;
  const headers: Record<string, string> = {
    accept: wantsEvents ? 'text/event-stream' : 'application/json',
    [ownHeader]: '1',
  };
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (options.lastEventId !== undefined && options.lastEventId !== null)
    headers['last-event-id'] = options.lastEventId;
  if (contract.effect !== 'read')
    headers['idempotency-key'] = options.idempotencyKey ?? crypto.randomUUID();
  if (rest !== null) headers['content-type'] = 'application/json';
  const response = await ask(`${baseUrl}${path}`, {
    method: route.method,
    headers,
    credentials: 'same-origin',
    ...(options.keepalive === undefined ? {} : { keepalive: options.keepalive }),
    ...(rest === null ? {} : { body: JSON.stringify(rest) }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    throw networkError(error);
  });
  if (!response.ok) throw await apiErrorOf(response);
  return response;
}

/** The address with its parameters filled in, and what goes into the body; null when nothing does. */
export function placeOf(
  route: Route,
  input: Readonly<Record<string, unknown>>,
): { readonly path: string; readonly rest: object | null } {
  const path = route.path.replaceAll(/\{(\w+)\}/gu, (_all, name: string) =>
    encodeURIComponent(String(input[name])),
  );
  const others = Object.entries(input).filter(
    ([name, value]) => !route.parameters.includes(name) && value !== undefined,
  );
  if (route.rest === 'body') return { path, rest: Object.fromEntries(others) };
  const query = new URLSearchParams();
  for (const [name, value] of others) {
    for (const one of Array.isArray(value) ? value : [value])
      query.append(name, typeof one === 'object' ? JSON.stringify(one) : String(one));
  }
  return { path: query.size === 0 ? path : `${path}?${query.toString()}`, rest: null };
}

function isStream(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('text/event-stream') === true;
}

/** Long work that tells how it goes on: progress lines, then one result or one problem. */
async function lastOf(response: Response, { onProgress, signal }: CallOptions): Promise<unknown> {
  for await (const { event, data } of eventsOf(response, signal)) {
    if (event === 'progress') onProgress?.((JSON.parse(data) as { text: string }).text);
    else if (event === 'result') return JSON.parse(data);
    else if (event === 'problem') throw new ApiError(JSON.parse(data) as never);
  }
  throw networkError(new Error('the answer ended early'));
}

async function* eventsOf(
  response: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<StreamEvent> {
  if (response.body === null) return;
  try {
    yield* readEvents(response.body);
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof ApiError ? error : networkError(error);
  }
}

const firstWaitMs = 500;
const longestWaitMs = 15_000;

async function* follow(
  options: ClientOptions,
  contract: AnyContract,
  input: unknown,
  { signal, onState }: StreamOptions,
): AsyncGenerator {
  let lastEventId: string | null = null;
  let wait = firstWaitMs;
  for (;;) {
    if (isOver(signal)) return;
    try {
      const response = await send(options, contract, input, {
        lastEventId,
        isStream: true,
        ...(signal === undefined ? {} : { signal }),
      });
      onState?.('open');
      for await (const { event, data, id } of eventsOf(response, signal)) {
        wait = firstWaitMs;
        if (id !== null) lastEventId = id;
        if (event === 'problem') throw new ApiError(JSON.parse(data) as never);
        if (event === 'end') return;
        yield JSON.parse(data);
      }
    } catch (error) {
      if (isOver(signal)) return;
      if (!(error instanceof ApiError) || !passes(error)) throw error;
      wait = Math.max(wait, (error.retryAfterSeconds ?? 0) * 1000);
    }
    onState?.('waiting');
    await sleep(wait / 2 + (Math.random() * wait) / 2, signal);
    wait = Math.min(wait * 2, longestWaitMs);
  }
}

function isOver(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Troubles that pass by themselves. */
function passes({ kind }: ApiError): boolean {
  return kind === 'unavailable' || kind === 'rate_limited' || kind === 'timeout';
}

async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    const stop = (): void => {
      clearTimeout(timer);
      resolve();
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}
