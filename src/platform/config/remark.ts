import type { LoadedConfig } from './load-config.ts';

export type DeploymentEnvironment = 'development' | 'staging' | 'production';

/** One thing said about a configuration that fits its schema. */
export interface Remark {
  /** Stable, snake_case. */
  readonly code: string;
  /** The key it is about. */
  readonly path: string;
  readonly message: string;
  /** Place in the file, from 1; null when there is no file. */
  readonly line: number | null;
  readonly column: number | null;
  /** What to write instead. */
  readonly write: string | null;
}

/** Remarks by weight; only `errors` make a configuration unfit for its environment. */
export interface ConfigRemarks {
  readonly errors: readonly Remark[];
  readonly securityIssues: readonly Remark[];
  readonly warnings: readonly Remark[];
  readonly performanceIssues: readonly Remark[];
  readonly suggestions: readonly Remark[];
}

/** What of the machine the rules compare with. */
export interface Machine {
  readonly memoryBytes: number;
  readonly processors: number;
}

export interface Subject {
  readonly loaded: LoadedConfig;
  readonly environment: DeploymentEnvironment;
  readonly machine: Machine;
}

/** A complaint without its place, which is looked up afterwards. */
export interface Complaint extends Pick<Remark, 'code' | 'path' | 'message' | 'write'> {
  readonly weight: keyof ConfigRemarks;
}

/** Answers at most a few complaints; each rule looks at one thing. */
export type Rule = (subject: Subject) => readonly Complaint[];

/** The complaint when the condition holds, else none. */
export function when(condition: boolean, complaint: Complaint): readonly Complaint[] {
  return condition ? [complaint] : [];
}
