import type { Agent, AgentCommand, Assignment } from '../../../domain/ports/agent.ts';
import type { AgentOptions, AgentParts } from '../agent-options.ts';
import { probeVersion } from '../probe-version.ts';
import { createClaudeCodeParser } from './parse-claude-code.ts';

const longestArgument = 120_000;

/**
 * Claude Code without a terminal (https://code.claude.com/docs/en/headless). The target repository must not configure
 * it: `--setting-sources user --strict-mcp-config` keep its hooks, key helper, environment and MCP servers from running.
 */
export function createClaudeCode(name: string, options: AgentOptions, parts: AgentParts): Agent {
  const program = options.command ?? ['claude'];
  return {
    name,
    cost: options.cost ?? 'metered',
    probe: (signal) =>
      probeVersion(program, parts, 'npm install -g @anthropic-ai/claude-code', signal),
    command: (assignment) => commandFor(program, options, parts, assignment),
    parser: createClaudeCodeParser,
  };
}

function commandFor(
  program: readonly string[],
  options: AgentOptions,
  parts: AgentParts,
  assignment: Assignment,
): AgentCommand {
  const { prompt, budgetUsd, timeoutMs } = assignment;
  const onStdin = Buffer.byteLength(prompt) > longestArgument;
  return {
    argv: [
      ...program,
      '-p',
      '--output-format',
      'stream-json',
      '--verbose',
      '--permission-mode',
      'acceptEdits',
      '--allowedTools',
      'Bash',
      '--setting-sources',
      'user',
      '--strict-mcp-config',
      ...(options.model === undefined ? [] : ['--model', options.model]),
      ...(budgetUsd === null ? [] : ['--max-budget-usd', String(budgetUsd)]),
      ...(onStdin ? [] : ['--', prompt]),
    ],
    env: {
      ANTHROPIC_BASE_URL: 'https://api.anthropic.com',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_MAX_RETRIES: '2',
      API_TIMEOUT_MS: String(Math.min(timeoutMs, 600_000)),
      ...options.env,
    },
    secrets: options.secrets ?? ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN'],
    stdin: onStdin ? prompt : null,
    egress: options.egress ?? [],
    readable: options.readable ?? [],
    ...(parts.baseDir === null ? {} : { baseDir: parts.baseDir }),
  };
}
