import type { Command } from 'commander';
import type { CommandContext, GlobalFlags } from '../command-context.ts';

/** `mcp`: the operations for an editor or an agent, on standard input and output. */
export function addMcpCommand(program: Command, context: Pick<CommandContext, 'serveMcp'>): void {
  program
    .command('mcp')
    .description('Serve the reading operations and proposing to an editor or an agent (MCP, stdio)')
    .action(async () => context.serveMcp(program.opts<GlobalFlags>()));
}
