import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { securityHeaders } from './security-headers.ts';

/** Who sends slowly, or sends nothing, does not keep a connection for long. */
export const serverLimits = {
  requestTimeout: 30_000,
  keepAliveTimeout: 15_000,
  maxRequestsPerSocket: 10_000,
  // Idle connections end with the server; those at work are waited for.
  forceCloseConnections: 'idle',
  // Ours says who refuses, and what to do; this one would be an answer without a code.
  return503OnClosing: false,
  routerOptions: { maxParamLength: 500, ignoreTrailingSlash: false, caseSensitive: true },
  http: {
    headersTimeout: 10_000,
    connectionsCheckingInterval: 2000,
    maxHeaderSize: 16_384,
  },
  logger: false,
} as const;

const statuses: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** What is no HTTP, or not finished in time, gets a short answer and loses its connection. */
export function answerBrokenRequests(server: Server, newCorrelationId: () => string): void {
  server.removeAllListeners('clientError');
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    end(socket, statuses[error.code ?? ''] ?? '400 Bad Request', newCorrelationId());
  });
  server.on('connect', (_request, socket: Socket) => {
    end(socket, '405 Method Not Allowed', newCorrelationId());
  });
  server.on('checkExpectation', (_request, response) => {
    response.writeHead(417, { connection: 'close' }).end();
  });
}

function end(socket: Socket, status: string, correlationId: string): void {
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
    ...securityHeaders(false),
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-correlation-id': correlationId,
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`);
}
