import type { AddRoutes } from '../../doors/http/server.ts';
import { mcpRoute } from '../../doors/mcp/route.ts';
import type { Gate } from '../../operations/gate.ts';
import type { CreatedGuard } from '../../operations/guard.ts';
import type { IdentityRooms } from './open-identity.ts';

/** `POST /mcp` of the server; requests without a good token count like any call of a stranger. */
export function openMcp(parts: {
  readonly gate: () => Gate;
  readonly identity: Pick<IdentityRooms, 'authenticateToken'>;
  readonly guard: Pick<CreatedGuard, 'admit'>;
  readonly version: string;
}): AddRoutes {
  const { gate, identity, guard, version } = parts;
  return mcpRoute({
    gate,
    version,
    authenticate: (token) => identity.authenticateToken(token),
    stranger: async (clientId, correlationId) => {
      const actor = { kind: 'anonymous', name: 'anonymous' } as const;
      const call = { operation: 'mcp', effect: 'read', door: 'mcp' } as const;
      return (await guard.admit({ ...call, actor, clientId, correlationId }))?.error ?? null;
    },
  });
}
