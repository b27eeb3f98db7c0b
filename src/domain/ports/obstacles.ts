import type { RepositoryRef } from '../repository.ts';

/** Every reason outside a task and its repository's policy for which nothing is started. */
export const obstacleCodes = [
  'dependency_missing',
  'memory_tight',
  'agent_breaker_open',
  'breaker_open',
  'credential_suspended',
  'rate_limited',
] as const;
export type ObstacleCode = (typeof obstacleCodes)[number];

export interface Obstacle {
  readonly code: ObstacleCode;
  /** What it is and until when, for a person. */
  readonly text: string;
}

/** What keeps work from starting that lies neither in the task nor in the configuration; read live. */
export interface Obstacles {
  /** The first one in the way of a run; `agent` is null where nothing runs on this machine. */
  inTheWay(work: {
    readonly target: RepositoryRef;
    readonly manager: RepositoryRef;
    readonly agent: string | null;
  }): Promise<Obstacle | null>;
  /** Who has the start of an attempt already; null when nobody has. */
  claimOf(workflowId: string): Promise<StartClaim | null>;
}

/** `queued`: it waits for a free worker; `taken`: an executor holds it and is about to begin. */
export interface StartClaim {
  readonly state: 'queued' | 'taken';
  readonly executor: string | null;
}
