import type { Agent, Assignment } from '../../../domain/ports/agent.ts';
import { AppError, messageOf } from '../../../lib/app-error.ts';
import type { AgentOptions, AgentParts } from '../agent-options.ts';
import { locateProgram } from '../locate-program.ts';
import { createCommandParser } from './parse-command.ts';

/** Longest single argument that Linux takes (MAX_ARG_STRLEN, execve(2)), less room for its end. */
const longestArgument = 128 * 1024 - 16;

/**
 * Any program as an agent. It gets its task as the last argument, on standard input, or (by default) as the path of a
 * file in its last argument; the path is in `CLAUDE_MANAGER_TASK_FILE` too. It runs in the work tree.
 * Its secrets come as environment variables, save model keys with a base address, which our model proxy adds.
 */
export function createCommandAgent(name: string, options: AgentOptions, parts: AgentParts): Agent {
  const argv = options.command ?? [];
  return {
    name,
    cost: options.cost ?? 'free',
    probe: async () => {
      try {
        const located = await locateProgram(argv, { path: parts.path, baseDir: parts.baseDir });
        return { works: true, version: null, evidence: `Found as ${located.argv.join(' ')}.` };
      } catch (cause) {
        return { works: false, version: null, evidence: messageOf(cause) };
      }
    },
    command: (assignment) => ({
      argv: [...argv, ...taskArguments(name, options, assignment)],
      env: { ...options.env, CLAUDE_MANAGER_TASK_FILE: assignment.promptFile },
      secrets: options.secrets ?? [],
      stdin: options.task === 'stdin' ? assignment.prompt : null,
      egress: options.egress ?? [],
      readable: options.readable ?? [],
      ...(parts.baseDir === null ? {} : { baseDir: parts.baseDir }),
    }),
    parser: createCommandParser,
  };
}

function taskArguments(
  name: string,
  options: AgentOptions,
  { prompt, promptFile }: Assignment,
): readonly string[] {
  if (options.task === 'stdin') return [];
  if (options.task !== 'argument') return [promptFile];
  if (Buffer.byteLength(prompt) <= longestArgument) return [prompt];
  throw new AppError({
    kind: 'invalid_input',
    code: 'task_too_long',
    message: `The task has ${Buffer.byteLength(prompt)} bytes, more than one argument can hold.`,
    next: `Set executor.agents.${name}.task to "file" or "stdin".`,
  });
}
