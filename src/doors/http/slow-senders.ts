import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { longestAddress } from './request-guards.ts';
import { securityHeaders } from './security-headers.ts';

/** How long who sends is waited for, in milliseconds. */
export interface Patience {
  /** Until the last header. */
  readonly headersMs: number;
  /** Until the last byte of the body. */
  readonly requestMs: number;
  readonly lookEveryMs: number;
}

const usualPatience: Patience = { headersMs: 10_000, requestMs: 30_000, lookEveryMs: 2000 };

const limits = {
  keepAliveTimeout: 15_000,
  maxRequestsPerSocket: 10_000,
  // Idle connections end with the server; those at work are waited for.
  forceCloseConnections: 'idle',
  // Ours says who refuses, and what to do; this one would be an answer without a code.
  return503OnClosing: false,
  routerOptions: { maxParamLength: 500, ignoreTrailingSlash: false, caseSensitive: true },
  logger: false,
} as const;

/** Who sends slowly, or sends nothing, does not keep a connection for long. */
export function serverLimits({ headersMs, requestMs, lookEveryMs }: Patience = usualPatience) {
  return {
    ...limits,
    requestTimeout: requestMs,
    http: {
      headersTimeout: headersMs,
      connectionsCheckingInterval: lookEveryMs,
      maxHeaderSize: 16_384,
    },
  };
}

interface BrokenRequest extends NodeJS.ErrnoException {
  /** What came last. */
  readonly rawPacket?: Buffer;
}

function statusOf({ code, rawPacket }: BrokenRequest): string {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return '408 Request Timeout';
    case 'HPE_HEADER_OVERFLOW':
      return isLongAddress(rawPacket?.toString('latin1') ?? '')
        ? '414 URI Too Long'
        : '431 Request Header Fields Too Large';
    default:
      return '400 Bad Request';
  }
}

/** Whether it is the first line of a request that goes beyond everything. */
function isLongAddress(text: string): boolean {
  const [line = ''] = text.split('\r\n', 1);
  return line.length > longestAddress && /^[A-Z]{1,20} \//u.test(line);
}

/** What is no HTTP, or not finished in time, gets a short answer and loses its connection. */
export function answerBrokenRequests(
  server: Server,
  newCorrelationId: () => string,
  isHttps: boolean,
): void {
  const headers = securityHeaders(isHttps);
  server.removeAllListeners('clientError');
  server.on('clientError', (error: BrokenRequest, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    end(socket, statusOf(error), newCorrelationId(), headers);
  });
  server.on('connect', (_request, socket: Socket) => {
    end(socket, '405 Method Not Allowed', newCorrelationId(), headers);
  });
  server.on('checkExpectation', (_request, response) => {
    response.writeHead(417, { ...headers, connection: 'close' }).end();
  });
}

function end(
  socket: Socket,
  status: string,
  correlationId: string,
  protecting: Readonly<Record<string, string>>,
): void {
  const body = JSON.stringify({
    type: 'urn:claude-manager:error:request_malformed',
    title: 'invalid input',
    status: Number(status.slice(0, 3)),
    detail: 'The request is malformed, or did not come in time.',
    kind: 'invalid_input',
    code: 'request_malformed',
    next: 'See docs/API.md.',
    fields: [],
    correlationId,
  });
  const headers = {
    ...protecting,
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-correlation-id': correlationId,
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`);
}
