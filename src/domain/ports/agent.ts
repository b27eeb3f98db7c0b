import type { AgentEnd, AgentEvent, AgentUsage } from '../agent-event.ts';
import type { SandboxSpec } from './sandbox.ts';

/** A program that edits code in our sealed workspace. One folder an agent, one conformance suite (agent.suite.ts). */
export interface Agent {
  readonly name: string;
  /** How its cost is known. `perRun` and `free` are still capped in runs and minutes. */
  readonly cost: 'reported' | 'metered' | 'priced' | 'perRun' | 'free';
  /** Is it installed and does it really work; proven by a side effect, not an exit code. */
  probe(signal: AbortSignal): Promise<AgentProbe>;
  /** The command for one assignment. The runner starts it inside the sandbox; the agent only says how. */
  command(assignment: Assignment): AgentCommand;
  /** Makes a parser for one run: feeds on lines, gives events; `end` is asked after the process died. */
  parser(): AgentParser;
}

export interface AgentProbe {
  readonly works: boolean;
  readonly version: string | null;
  /** What was done and seen, or what is wrong and what mends it. */
  readonly evidence: string;
}

export interface Assignment {
  /** The full prompt. */
  readonly prompt: string;
  /** Paths as seen inside the sandbox. */
  readonly workspace: string;
  readonly home: string;
  /** A file holding the prompt, inside `home`. */
  readonly promptFile: string;
  readonly budgetUsd: number | null;
  readonly timeoutMs: number;
  readonly correlationId: string;
}

export interface AgentCommand {
  readonly argv: readonly string[];
  /** Non-secret variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of secrets that this agent needs; the runner adds their values, or a proxy does. */
  readonly secrets: readonly string[];
  readonly stdin: string | null;
  readonly egress: readonly string[];
  /** Folder on this machine against which relative programs and files in `argv` are found. */
  readonly baseDir?: string;
  /** Files and folders on this machine that the program needs to read. */
  readonly readable?: readonly string[];
  /** Further programs that it starts by name; they are made readable and put on its PATH. */
  readonly programs?: readonly string[];
}

export interface AgentParser {
  line(stream: 'stdout' | 'stderr', line: string): readonly AgentEvent[];
  end(exit: { readonly code: number | null; readonly signal: string | null }): AgentEnd;
  usage(): AgentUsage | null;
}

/** Runs an agent's command in a sandbox with limits and streams its events (integrations/agents/runner). */
export interface AgentRunner {
  run(request: AgentRunRequest): Promise<AgentRunResult>;
}

export interface AgentRunRequest {
  readonly agent: Agent;
  readonly assignment: Omit<Assignment, 'promptFile' | 'workspace' | 'home'>;
  /** Work tree on this machine; becomes the working folder. */
  readonly workspace: string;
  readonly limits: AgentLimits;
  readonly egress: readonly string[];
  readonly signal: AbortSignal;
  onEvent(event: AgentEvent): void;
  readonly sandbox?: Partial<SandboxSpec>;
}

export interface AgentLimits {
  readonly timeoutMs: number;
  /** No output, no workspace change and no tool event for this long = stalled. */
  readonly stallMs: number;
  readonly budgetUsd: number | null;
  /** Input and output tokens, as far as they are known; no limit when left out. */
  readonly tokens?: number;
  /** As far as the agent tells them; no limit when left out. */
  readonly turns?: number;
  readonly outputBytes: number;
}

/** How the run went as we saw it. `stopped` says whether we ended it, and why. */
export interface AgentRunResult {
  readonly end: AgentEnd;
  readonly stopped: 'timeout' | 'stall' | 'budget' | 'canceled' | null;
  readonly usage: AgentUsage | null;
  readonly durationMs: number;
  readonly sandbox: string;
}
