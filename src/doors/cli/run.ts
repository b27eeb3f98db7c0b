import type { Contract } from '../../operations/operation.ts';
import type { GlobalFlags } from './command-context.ts';

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
    readonly exitCode?: (answer: O) => number;
  },
) => (...arguments_: readonly unknown[]) => Promise<void>;
