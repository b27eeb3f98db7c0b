import type { Agent } from '../../domain/ports/agent.ts';

/** One entry of `executor.agents` in the configuration. */
export interface AgentOptions {
  /** Which adapter; by default the entry's name where it is one of ours, else `command`. */
  readonly kind?: 'claude-code' | 'codex' | 'claude-flow' | 'command' | undefined;
  readonly command?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Names of secrets that it needs. */
  readonly secrets?: readonly string[] | undefined;
  /** How a `command` gets its task. */
  readonly task?: 'argument' | 'stdin' | 'file' | undefined;
  readonly egress?: readonly string[] | undefined;
  /** Files and folders beside the program itself that it needs to read. */
  readonly readable?: readonly string[] | undefined;
  readonly cost?: Agent['cost'] | undefined;
  readonly model?: string | undefined;
}

/** What every adapter is built from. */
export interface AgentParts {
  /** The service's PATH, where programs are looked for. */
  readonly path: string;
  /** The folder of the configuration. */
  readonly baseDir: string | null;
}
