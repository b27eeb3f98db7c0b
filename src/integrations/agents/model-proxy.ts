import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, request as httpRequest } from '../../lib/node-http.ts';
import type { ModelMeter } from './model-meter.ts';

export interface ModelProxyOptions {
  /** Base address of the real model, for example `https://api.anthropic.com`. */
  readonly target: URL;
  /** Headers that carry the real key; they replace whatever the agent sent. */
  readonly credential: Readonly<Record<string, string>>;
  /** The made-up key of this run; without it nobody on this machine can spend on our key. */
  readonly placeholder: string;
  /** Paths below the base address that may be called. */
  readonly paths: RegExp;
  readonly meter: ModelMeter;
}

export interface ModelProxy {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Stands between one run's agent and its model on our loopback: adds the real key, lets through only the model's own
 * paths, and counts. So the key is never in the agent's sandbox.
 */
export async function startModelProxy(options: ModelProxyOptions): Promise<ModelProxy> {
  const open = new Set<Socket>();
  const server = createServer((incoming, answer) => {
    handle(options, incoming, answer);
  });
  server.requestTimeout = 0;
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', listening);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((closed) => {
        server.close(() => closed());
      });
    },
  };
}

function handle(
  options: ModelProxyOptions,
  incoming: IncomingMessage,
  answer: ServerResponse,
): void {
  const path = incoming.url ?? '/';
  if (!options.paths.test(path.split('?')[0] ?? '')) {
    refuse(answer, 404, 'not_found_error', 'This proxy serves only the paths of the model.');
  } else if (!holdsPlaceholder(incoming.headers, options.placeholder)) {
    refuse(answer, 401, 'authentication_error', 'This is not the key of this run.');
  } else {
    forward(options, path, incoming, answer);
  }
}

function forward(
  { target, credential, meter }: ModelProxyOptions,
  path: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
): void {
  const url = new URL(`${target.origin}${target.pathname.replace(/\/$/, '')}${path}`);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const upstream = send(url, {
    method: incoming.method,
    headers: { ...passedHeaders(incoming.headers), ...withBeta(incoming.headers, credential) },
  });
  upstream.on('response', (response) => {
    answer.writeHead(response.statusCode ?? 502, passedHeaders(response.headers));
    const reader = meter.answer(response.headers['content-type'] ?? '');
    response.on('data', (chunk: Buffer) => reader.chunk(chunk));
    response.on('close', () => reader.end());
    response.on('error', () => answer.destroy());
    response.pipe(answer);
  });
  upstream.on('error', (cause) => {
    if (answer.headersSent) answer.destroy();
    else refuse(answer, 502, 'api_error', `The model cannot be reached: ${cause.message}`);
  });
  answer.on('close', () => upstream.destroy());
  incoming.pipe(upstream);
}

/** Not passed on: connection handling, any key, and compression, which the meter could not read. */
const heldBack = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'upgrade',
  'te',
  'trailer',
  'transfer-encoding',
  'authorization',
  'x-api-key',
  'cookie',
  'accept-encoding',
  'set-cookie',
]);

function passedHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !heldBack.has(name)));
}

/** `anthropic-beta` is a list; ours is added to the agent's. */
function withBeta(
  headers: IncomingHttpHeaders,
  credential: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const sent = headers['anthropic-beta'];
  const ours = credential['anthropic-beta'];
  if (sent === undefined || ours === undefined) return credential;
  return { ...credential, 'anthropic-beta': `${String(sent)},${ours}` };
}

function holdsPlaceholder(headers: IncomingHttpHeaders, placeholder: string): boolean {
  const bearer = headers.authorization?.replace(/^Bearer /i, '');
  return [headers['x-api-key'], bearer].some(
    (key) => typeof key === 'string' && sameText(key, placeholder),
  );
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function refuse(answer: ServerResponse, status: number, type: string, message: string): void {
  answer.writeHead(status, { 'content-type': 'application/json' });
  answer.end(JSON.stringify({ type: 'error', error: { type, message } }));
}
