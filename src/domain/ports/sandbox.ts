import type { EgressRefusal } from '../egress-refusal.ts';

/** Where foreign code runs. `bubblewrap`, `sandbox-runtime` and `none` pass one conformance suite (sandbox.suite.ts). */
export interface Sandbox {
  readonly name: 'bubblewrap' | 'sandbox-runtime' | 'none';
  /** Whether it works on this machine, tried out, and the one command that mends it. */
  probe(): Promise<{
    readonly works: boolean;
    readonly evidence: string;
    readonly mend: string | null;
  }>;
  start(spec: SandboxSpec): Promise<SandboxedProcess>;
}

export interface SandboxSpec {
  readonly argv: readonly string[];
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Working folder on this machine, writable inside. */
  readonly workspace: string;
  /** The process's own HOME on this machine, writable inside. */
  readonly home: string;
  /** Folders on this machine that may be read beside the system ones (an agent's program). */
  readonly readable: readonly string[];
  readonly stdin: string | null;
  /** Hosts (with optional port) that may be reached; empty = no network. */
  readonly egress: readonly string[];
  /** Told of each refusal of the proxy, as often as it is asked; once at the end of what went past it. */
  readonly onEgressRefused?: (refusal: EgressRefusal) => void;
  readonly limits: {
    readonly memoryBytes: number;
    readonly processes: number;
    /** The largest file that it may write. */
    readonly fileBytes: number;
    /**
     * Most that workspace and home may grow by together, in bytes of disk. Watched by who starts it, not by the sandbox;
     * `fileBytes` when left out.
     */
    readonly diskBytes?: number;
    /** Of how many processors it gets the time, where control groups can be made; all when null or left out. */
    readonly cpus?: number | null;
  };
}

export interface SandboxedProcess {
  readonly pid: number;
  readonly stdout: NodeJS.ReadableStream;
  readonly stderr: NodeJS.ReadableStream;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Disk of files that it holds open and that no folder has any more, in bytes; null where that cannot be asked. */
  deletedBytes(): Promise<number | null>;
  /** Ends the whole tree, children in sessions of their own too; resolves when none is left. */
  kill(): Promise<void>;
}
