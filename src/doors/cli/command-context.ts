import type { Caller, CallOptions } from '../../operations/gate.ts';
import type { Needs } from '../../operations/operation.ts';
import type { Terminal } from './output/terminal.ts';

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly config?: string;
  readonly verbose?: boolean;
  readonly debug?: boolean;
  readonly validateConfig: boolean;
  readonly json?: boolean;
}

/** What a command is given by `app`: a way through the gate, and a terminal. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly caller: Caller;
  /** Builds only as much as is needed, runs the operation through the gate, closes again. */
  readonly call: (request: OperationRequest) => Promise<unknown>;
  /** Serves MCP on standard input and output until they are closed. */
  readonly serveMcp: (flags: GlobalFlags) => Promise<void>;
  /** Fills the terminal with the interactive screen until the person leaves. */
  readonly showScreen: (
    flags: GlobalFlags,
    input: { readonly port?: number; readonly security?: boolean },
  ) => Promise<void>;
  readonly version: string;
  /** Takes secrets out of what does not come through the gate: what was typed, and errors before there is one. */
  readonly redact: (text: string) => string;
}

export interface OperationRequest {
  readonly name: string;
  readonly needs: Needs;
  readonly input: unknown;
  readonly flags: GlobalFlags;
  /** Values of flags that stand over the configuration, by key. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Values that hold where nothing else sets the key, by key. */
  readonly fallbacks?: Readonly<Record<string, unknown>>;
  readonly options?: CallOptions;
}
