import type { Agent } from '../../domain/ports/agent.ts';
import type { AgentOptions, AgentParts } from './agent-options.ts';
import { createClaudeCode } from './claude-code/claude-code.ts';
import { createClaudeFlow } from './claude-flow/claude-flow.ts';
import { createCodex } from './codex/codex.ts';
import { createCommandAgent } from './command/command.ts';

/** Adding an agent is one folder and one line here. */
const adapters = {
  'claude-code': createClaudeCode,
  codex: createCodex,
  'claude-flow': createClaudeFlow,
  command: createCommandAgent,
};

/**
 * The agents of a configuration (`executor.agents`) by name, and the built-in ones that it does not mention.
 * Nothing is looked for on the machine before a probe or a run.
 */
export function createAgents(
  entries: Readonly<Record<string, AgentOptions>>,
  parts: AgentParts,
): readonly Agent[] {
  const builtIn = { 'claude-code': {}, codex: {}, 'claude-flow': {} };
  return Object.entries<AgentOptions>({ ...builtIn, ...entries }).map(([name, options]) => {
    const kind = options.kind ?? (name in builtIn ? (name as keyof typeof builtIn) : 'command');
    return adapters[kind](name, options, parts);
  });
}
