import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { EgressRefusal } from '../../domain/egress-refusal.ts';
import { createServer, request } from '../../lib/node-http.ts';
import { type EgressRules, normalHost } from './egress-rules.ts';
import { readGreeting } from './tls-names.ts';

export interface EgressProxy {
  /** Null when it listens on a socket file. */
  readonly port: number | null;
  close(): Promise<void>;
}

/** RFC 9110, section 15.5.8. */
const askWho = { 'proxy-authenticate': 'Basic realm="egress"' };
const unknownClient =
  'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="egress"\r\n\r\n';

const connectTimeoutMs = 30_000;

/** A socket file, which only its owner's sandbox sees, or an address that everybody on this machine can reach. */
export type EgressPlace =
  | { readonly path: string }
  | { readonly host: string; readonly authorization: string };

/**
 * A forward proxy (RFC 9110, section 9.3.6 CONNECT, and absolute-form requests), the only way
 * out of a sandbox. Only what the rules allow is connected, to the address that was checked.
 */
export async function startEgressProxy(
  place: EgressPlace,
  rules: EgressRules,
  onRefusal: (refusal: EgressRefusal) => void,
): Promise<EgressProxy> {
  const open = new Set<Duplex>();
  const mayAsk = ({ headers }: IncomingMessage): boolean =>
    'path' in place || headers['proxy-authorization'] === place.authorization;
  const server = createServer((incoming, answer) => {
    if (!mayAsk(incoming)) return void answer.writeHead(407, askWho).end();
    void forwardRequest(incoming, answer, rules, onRefusal);
  });
  server.on('connect', (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
    if (!mayAsk(incoming)) return void client.end(unknownClient);
    void tunnel(incoming, client, head, rules, onRefusal, open);
  });
  server.on('connection', (socket) => {
    keepUntilClosed(open, socket);
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(
      'path' in place ? { path: place.path, writableAll: true } : { host: place.host, port: 0 },
      listening,
    );
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : null,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((closed) => {
        server.close(() => closed());
      });
    },
  };
}

async function tunnel(
  incoming: IncomingMessage,
  client: Duplex,
  head: Buffer,
  rules: EgressRules,
  onRefusal: (refusal: EgressRefusal) => void,
  open: Set<Duplex>,
): Promise<void> {
  client.on('error', () => client.destroy());
  const target = parseAuthority(incoming.url ?? '');
  if (target === null) return void client.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  const decision = await rules.check(target.host, target.port);
  if (!decision.allowed) {
    onRefusal({ ...target, why: decision.why, attempts: 1 });
    return void client.end(`HTTP/1.1 403 Forbidden\r\n\r\n${refusalText(target, decision.why)}`);
  }
  const upstream = connect({
    host: decision.address,
    port: target.port,
    timeout: connectTimeoutMs,
  });
  keepUntilClosed(open, upstream);
  upstream.once('connect', () => {
    upstream.setTimeout(0);
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.pipe(client);
    greet(client, head, upstream, normalHost(target.host), (why) => {
      onRefusal({ ...target, why, attempts: 1 });
    });
  });
  upstream.on('timeout', () => upstream.destroy());
  upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  upstream.on('close', () => client.destroy());
  client.on('close', () => upstream.destroy());
}

/**
 * Nothing of a client goes out before it has said by TLS whom it wants, and then only when that is whom it asked us for:
 * many hosts are served behind one address, and the allow-list speaks of names. What is no TLS goes on as it comes.
 */
function greet(
  client: Duplex,
  head: Buffer,
  upstream: Socket,
  host: string,
  refuse: (why: string) => void,
): void {
  let bytes = Buffer.alloc(0);
  const stop = (why: string): void => {
    refuse(why);
    upstream.destroy();
    client.destroy();
  };
  const take = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    const greeting = readGreeting(bytes);
    if (greeting.kind === 'unfinished') return;
    client.off('data', take);
    if (greeting.kind === 'broken') return stop('its greeting is no TLS that can be read');
    const other =
      greeting.kind === 'hello' ? greeting.names.find((name) => normalHost(name) !== host) : null;
    if (typeof other === 'string') return stop(`its TLS asks for ${JSON.stringify(other)} instead`);
    client.pause();
    upstream.write(bytes);
    client.pipe(upstream);
  };
  client.on('data', take);
  client.once('end', () => upstream.end());
  if (head.length > 0) take(head);
}

async function forwardRequest(
  incoming: IncomingMessage,
  answer: ServerResponse,
  rules: EgressRules,
  onRefusal: (refusal: EgressRefusal) => void,
): Promise<void> {
  const url = URL.canParse(incoming.url ?? '') ? new URL(incoming.url ?? '') : null;
  if (url === null || url.protocol !== 'http:') {
    return void answer.writeHead(400).end('Only absolute http URLs and CONNECT are served here.\n');
  }
  const target = { host: url.hostname, port: Number(url.port === '' ? 80 : url.port) };
  const decision = await rules.check(target.host, target.port);
  if (!decision.allowed) {
    onRefusal({ ...target, why: decision.why, attempts: 1 });
    return void answer.writeHead(403).end(refusalText(target, decision.why));
  }
  const upstream = request({
    host: decision.address,
    port: target.port,
    method: incoming.method,
    path: `${url.pathname}${url.search}`,
    headers: { ...withoutHopHeaders(incoming.headers), host: url.host },
  });
  upstream.on('response', (response) => {
    answer.writeHead(response.statusCode ?? 502, withoutHopHeaders(response.headers));
    response.pipe(answer);
  });
  upstream.on('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
  answer.on('close', () => upstream.destroy());
  incoming.pipe(upstream);
}

function parseAuthority(text: string): { host: string; port: number } | null {
  const match = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text);
  if (match?.[1] === undefined) return null;
  return { host: match[1].replace(/^\[(.*)\]$/, '$1'), port: Number(match[2]) };
}

function refusalText(target: { host: string; port: number }, why: string): string {
  return `Egress to ${target.host}:${target.port} is refused: ${why}.\n`;
}

const hopHeaders = [
  'proxy-connection',
  'proxy-authorization',
  'connection',
  'keep-alive',
  'te',
  'upgrade',
];

function withoutHopHeaders<Headers extends object>(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !hopHeaders.includes(name)),
  ) as Headers;
}

function keepUntilClosed(open: Set<Duplex>, socket: Socket): void {
  open.add(socket);
  socket.on('error', () => socket.destroy());
  socket.once('close', () => open.delete(socket));
}
