import type { RepositoryRef } from '../domain/repository.ts';
import type { AttemptRef } from './execute/attempt.ts';
import type { RoundRef } from './follow/round.ts';
import type { PipelinePorts } from './pipeline-ports.ts';

/**
 * Who is served first when workers are scarce: a person who waits for this run, then a pull request under review, then
 * what was approved and never tried, then what is tried again. Within a turn the one that came first.
 */
export const turns = ['person', 'review', 'first', 'again'] as const;
export type Turn = (typeof turns)[number];

/**
 * `started` now; `waiting` because it was started before and has not ended; `ended` when that start came to nothing;
 * `held` while this process hands out nothing.
 */
export type Start = 'started' | 'waiting' | 'ended' | 'held';

/** What a round of the cycle needs beside the pipeline's ports. */
export interface CyclePorts extends PipelinePorts {
  /** Looks at one repository with every scanner that is switched on, or only with the named ones of them. */
  readonly scan: (
    target: RepositoryRef,
    only?: readonly string[],
  ) => Promise<{
    readonly commit: string | null;
    readonly changed: boolean;
    readonly findings: number;
  }>;
  /** Starts the durable workflow of an attempt; starting it twice is starting it once. */
  readonly startAttempt: (ref: AttemptRef, turn: Turn) => Promise<Start>;
  /** Starts the durable workflow of a round on an open pull request; starting it twice is starting it once. */
  readonly startRound: (ref: RoundRef) => Promise<Start>;
  /** When each waiting task was last seen held by people's will or for its turn; kept by `dispatch`, forgotten with the process. */
  readonly lastHeld: Map<string, Date>;
  /** Settles effects that a dead process left behind. */
  readonly settleLeftovers: () => Promise<number>;
}
