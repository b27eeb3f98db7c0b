/** How an effect came about: by a request, by a push, or by `emulator.as(...)` and seeding. */
export type Via = 'rest' | 'git' | 'person' | 'seed';

/** One request as the server saw it. Times in milliseconds of the emulator's monotonic clock. */
export interface JournalEntry {
  readonly requestId: string;
  readonly at: string;
  readonly startedMs: number;
  endedMs: number | null;
  readonly kind: 'rest' | 'graphql' | 'git';
  readonly method: string;
  /** Path with query, without the base path. */
  readonly path: string;
  /** Path template of the operation, for example `/repos/{owner}/{repo}/issues`. */
  operation: string | null;
  readonly user: string | null;
  /** Parsed JSON body of a REST request. */
  body: unknown;
  readonly authorized: boolean;
  readonly conditional: boolean;
  /** Status that was sent; 0 when the answer was lost or never came. */
  status: number;
  fault: string | null;
  charged: boolean;
  contentCreation: boolean;
  /** Earliest monotonic time at which this token may ask again, when the answer said so. */
  waitUntilMs: number | null;
  /** Requests of the same token in flight when this one came, itself included. */
  readonly inFlight: number;
}

/** One thing that really changed on the server. */
export interface Effect {
  readonly at: string;
  readonly ms: number;
  readonly kind: EffectKind;
  readonly repository: string;
  readonly actor: string;
  readonly via: Via;
  readonly requestId: string | null;
  /** Issue or pull request. */
  readonly number?: number;
  /** Comment. */
  readonly id?: number;
  readonly title?: string;
  readonly body?: string | null;
  readonly label?: string;
  readonly ref?: string;
  /** New commit; null when the branch was deleted. */
  readonly sha?: string | null;
  readonly before?: string | null;
  readonly state?: string;
}

export type EffectKind =
  | 'issue-opened'
  | 'issue-edited'
  | 'issue-state'
  | 'issue-locked'
  | 'label-added'
  | 'label-removed'
  | 'comment-created'
  | 'comment-edited'
  | 'comment-deleted'
  | 'ref-updated'
  | 'pull-opened'
  | 'pull-merged'
  | 'pull-reviewed';
