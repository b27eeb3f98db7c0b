import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Actor } from '../../domain/actor.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Gate } from '../../operations/gate.ts';
import { clientIdOf } from '../../platform/ratelimit/client-address.ts';
import { createMcpServer } from './server.ts';

export interface McpRouteDeps {
  readonly gate: () => Gate;
  /** Whose token it is; null when it is nobody's. */
  readonly authenticate: (token: string) => Promise<Actor | null>;
  /** Counts a request without a good token and answers the refusal of who goes on; null while that is allowed. */
  readonly stranger: (clientId: string, correlationId: string) => Promise<AppError | null>;
  readonly version: string;
}

/**
 * `POST /mcp`: one message in, its answer out, nothing kept in between, so that any process may answer. Only an API token
 * speaks here; a cookie never does, so no foreign page can reach it.
 */
export function mcpRoute(deps: McpRouteDeps): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.post('/mcp', async (request, reply) => {
      const actor = await senderOf(deps, request);
      const server = createMcpServer({
        gate: deps.gate(),
        caller: {
          actor,
          clientId: clientIdOf(request.ip, request.headers),
          correlationId: request.id,
        },
        version: deps.version,
      });
      const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
      try {
        await server.connect(transport);
        const answer = await transport.handleRequest(webRequest(request), {
          parsedBody: request.body,
        });
        const type = answer.headers.get('content-type');
        if (type !== null) void reply.type(type);
        return await reply
          .code(answer.status)
          .header('cache-control', 'no-store')
          .send(await answer.text());
      } finally {
        await server.close();
      }
    });
  };
}

async function senderOf(deps: McpRouteDeps, request: FastifyRequest): Promise<Actor> {
  const [, token] =
    /^Bearer ([\w.~+/=-]{1,512})$/iu.exec(request.headers.authorization ?? '') ?? [];
  const actor = token === undefined ? null : await deps.authenticate(token);
  if (actor !== null) return actor;
  const refusal = await deps.stranger(clientIdOf(request.ip, request.headers), request.id);
  throw refusal ?? noToken();
}

/** What the transport reads of a request: its method and its headers; the body is read already. */
function webRequest({ headers }: FastifyRequest): Request {
  const kept = ['accept', 'content-type', 'mcp-protocol-version'].flatMap((name) => {
    const value = headers[name];
    return typeof value === 'string' ? [[name, value] as [string, string]] : [];
  });
  return new Request('http://localhost/mcp', { method: 'POST', headers: kept });
}

function noToken(): AppError {
  return new AppError({
    kind: 'unauthenticated',
    code: 'token_invalid',
    message: 'MCP over HTTP needs an API token in the header Authorization.',
    next: 'Make one with `claude-manager tokens create NAME --user USER --scope tasks:read repo:read`.',
  });
}
