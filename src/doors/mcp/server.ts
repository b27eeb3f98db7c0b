import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { toAppError } from '../../lib/app-error.ts';
import type { Caller, Gate } from '../../operations/gate.ts';
import type { Tool } from './tools.ts';
import { toolsFor } from './tools.ts';

export interface McpParts {
  readonly gate: Gate;
  readonly caller: Omit<Caller, 'door'>;
  readonly version: string;
}

const instructions =
  'Claude Manager watches repositories, proposes work as issues and, once a person has approved, lets agents do it. You may read what was found, what waits and what ran, and propose work as an issue. You cannot approve: a person does that.';

/** A Model Context Protocol server for one caller; every call of a tool goes through the gate. */
export function createMcpServer({ gate, caller, version }: McpParts): Server {
  const server = new Server(
    { name: 'claude-manager', version },
    { capabilities: { tools: {} }, instructions },
  );
  const tools = toolsFor(gate.contracts(), caller.actor);
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [...tools.values()].map(describe),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
    const tool = tools.get(params.name);
    if (tool === undefined) return failure(`There is no tool ${params.name} for you.`);
    try {
      const input = params.arguments ?? {};
      const answer = await gate.execute(
        tool.contract.name,
        input,
        { ...caller, door: 'mcp' },
        { signal },
      );
      return { content: [{ type: 'text', text: JSON.stringify(answer, null, 1) }] };
    } catch (thrown) {
      const { message, next, code } = toAppError(thrown);
      return failure(`${message}${next === undefined ? '' : ` ${next}`} (${code})`);
    }
  });
  return server;
}

function describe({ name, contract, inputSchema }: Tool) {
  const isRead = contract.effect === 'read';
  return {
    name,
    description: contract.summary,
    inputSchema: { ...inputSchema, type: 'object' as const },
    annotations: { readOnlyHint: isRead, destructiveHint: false, openWorldHint: !isRead },
  };
}

function failure(text: string): CallToolResult {
  return { isError: true, content: [{ type: 'text', text }] };
}
