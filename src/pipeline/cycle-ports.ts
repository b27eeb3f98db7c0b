import type { Rule } from '../domain/finding.ts';
import type { RepositoryRef } from '../domain/repository.ts';
import type { AttemptRef } from './execute/attempt.ts';
import type { RoundRef } from './follow/round.ts';
import type { PipelinePorts } from './pipeline-ports.ts';

/** What a round of the cycle needs beside the pipeline's ports. */
export interface CyclePorts extends PipelinePorts {
  /** Looks at one repository with every scanner that is switched on, or only with the named ones of them. */
  readonly scan: (
    target: RepositoryRef,
    only?: readonly Rule[],
  ) => Promise<{
    readonly commit: string | null;
    readonly changed: boolean;
    readonly findings: number;
  }>;
  /** Starts the durable workflow of an attempt; starting it twice is starting it once. Answers whether it is new. */
  readonly startAttempt: (ref: AttemptRef) => Promise<boolean>;
  /** Starts the durable workflow of a round on an open pull request; starting it twice is starting it once. */
  readonly startRound: (ref: RoundRef) => Promise<boolean>;
  /** Settles effects that a dead process left behind. */
  readonly settleLeftovers: () => Promise<number>;
}
