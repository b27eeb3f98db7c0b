import type { Command } from 'commander';
import type { Contract } from '../../operations/operation.ts';
import type { CommandContext, GlobalFlags } from './command-context.ts';

/**
 * Makes the action of a command: input from what was typed, the operation through the gate, its answer as text or JSON.
 * `arguments_` are what commander hands over: positional arguments, then the command's flags.
 */
export type Run = <A, O>(
  contract: Contract<never, O> | Contract<never, never> | Contract,
  input: (arguments_: readonly [A, A]) => unknown,
  text: (answer: O, flags: GlobalFlags) => string,
  extra?: {
    readonly overrides?: (arguments_: readonly [A, A]) => Readonly<Record<string, unknown>>;
    /** Values of keys that neither the file nor the environment sets. */
    readonly fallbacks?: (arguments_: readonly [A, A]) => Readonly<Record<string, unknown>>;
    readonly exitCode?: (answer: O) => number;
    /** What `--json` prints of the answer; the whole of it when left out. */
    readonly json?: (answer: O) => unknown;
    /** One line on standard error beside the answer. */
    readonly notice?: (answer: O) => string | null;
    /** Which lines of progress are said although nobody watches a terminal: they stay in the log of whoever starts us. */
    readonly isForLogs?: (line: string) => boolean;
  },
) => (...arguments_: readonly unknown[]) => Promise<void>;

/** Adds commands to the program; what is typed goes through `context`. */
export type AddCommands = (
  program: Command,
  parts: {
    readonly run: Run;
    readonly context: CommandContext;
    readonly setExitCode: (code: number) => void;
  },
) => void;
