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

/** What the rules compare with; what is left out was not measured, and its rules say nothing. */
export interface Machine {
  readonly memoryBytes: number;
  readonly processors: number;
  /** Of the disk that holds the data folder, or will hold it. */
  readonly diskFreeBytes?: number | undefined;
  /** What the database server takes at most. */
  readonly serverConnections?: number | undefined;
  /** The key file of the vault that the configuration names. */
  readonly vaultKey?: 'present' | 'missing' | 'open_to_others' | undefined;
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

type Weights = Readonly<Record<DeploymentEnvironment, keyof ConfigRemarks | null>>;

/** How much something weighs where; null says nothing there. */
export function weighed(
  environment: DeploymentEnvironment,
  weights: Weights,
  condition: boolean,
  complaint: Omit<Complaint, 'weight'>,
): readonly Complaint[] {
  const weight = weights[environment];
  return condition && weight !== null ? [{ ...complaint, weight }] : [];
}

/** The complaint when the condition holds, else none. */
export function when(condition: boolean, complaint: Complaint): readonly Complaint[] {
  return condition ? [complaint] : [];
}
