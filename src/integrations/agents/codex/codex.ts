import type { Agent, AgentCommand, Assignment } from '../../../domain/ports/agent.ts';
import type { AgentOptions, AgentParts } from '../agent-options.ts';
import { probeVersion } from '../probe-version.ts';
import { createCodexParser } from './parse-codex.ts';

const longestArgument = 120_000;

/**
 * Codex without a terminal (https://developers.openai.com/codex/noninteractive). Its default sandbox is read-only and
 * ends with code 0 and nothing changed, so it is given write access to the workspace.
 */
export function createCodex(name: string, options: AgentOptions, parts: AgentParts): Agent {
  const program = options.command ?? ['codex'];
  return {
    name,
    cost: options.cost ?? 'metered',
    probe: (signal) => probeVersion(program, parts, 'npm install -g @openai/codex', signal),
    command: (assignment) => commandFor(program, options, parts, assignment),
    parser: createCodexParser,
  };
}

function commandFor(
  program: readonly string[],
  options: AgentOptions,
  parts: AgentParts,
  { prompt, home }: Assignment,
): AgentCommand {
  const onStdin = Buffer.byteLength(prompt) > longestArgument;
  const env = {
    OPENAI_BASE_URL: 'https://api.openai.com/v1',
    CODEX_HOME: `${home}/.codex`,
    ...options.env,
  };
  return {
    argv: [
      ...program,
      'exec',
      '--json',
      '--sandbox',
      'workspace-write',
      '--skip-git-repo-check',
      ...provider(env.OPENAI_BASE_URL),
      ...(options.model === undefined ? [] : ['--model', options.model]),
      ...(onStdin ? ['-'] : ['--', prompt]),
    ],
    env,
    secrets: options.secrets ?? ['OPENAI_API_KEY', 'CODEX_API_KEY'],
    stdin: onStdin ? prompt : null,
    egress: options.egress ?? [],
    readable: options.readable ?? [],
    ...(parts.baseDir === null ? {} : { baseDir: parts.baseDir }),
  };
}

/** Names the base address as a provider of its own; the runner puts the model proxy's address in its place. */
function provider(baseUrl: string): readonly string[] {
  return [
    '-c',
    'model_provider="manager"',
    '-c',
    'model_providers.manager.name="manager"',
    '-c',
    `model_providers.manager.base_url="${baseUrl}"`,
    '-c',
    'model_providers.manager.env_key="OPENAI_API_KEY"',
    '-c',
    'model_providers.manager.wire_api="responses"',
  ];
}
