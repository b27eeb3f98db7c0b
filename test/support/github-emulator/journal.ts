import type { Clock } from '../../../src/lib/clock.ts';
import { type Duplicate, findDuplicates } from './duplicates.ts';
import { findViolations, type Violation, type ViolationLimits } from './violations.ts';

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

export interface Journal {
  readonly entries: readonly JournalEntry[];
  readonly effects: readonly Effect[];
  /** Things that exist twice though they were asked for once, counted from the effects. */
  duplicates(): Duplicate[];
  /** Requests that broke GitHub's rules of good manners. */
  violations(limits?: Partial<ViolationLimits>): Violation[];
  clear(): void;
}

export interface JournalWriter extends Journal {
  begin(
    entry: Omit<JournalEntry, keyof typeof unanswered | 'at' | 'startedMs' | 'inFlight'>,
    token: string,
  ): JournalEntry;
  end(entry: JournalEntry, status: number): void;
  record(effect: Omit<Effect, 'at' | 'ms'>): void;
}

const unanswered = {
  endedMs: null,
  operation: null,
  status: 0,
  fault: null,
  charged: false,
  contentCreation: false,
  waitUntilMs: null,
};

export function createJournal(clock: Clock): JournalWriter {
  const entries: JournalEntry[] = [];
  const effects: Effect[] = [];
  const open = new Map<JournalEntry, string>();
  return {
    entries,
    effects,
    begin(start, token) {
      const others = [...open.values()].filter((other) => other === token).length;
      const times = { at: clock.now().toISOString(), startedMs: clock.monotonicMs() };
      const entry: JournalEntry = { ...unanswered, ...start, ...times, inFlight: others + 1 };
      entries.push(entry);
      open.set(entry, token);
      return entry;
    },
    end(entry, status) {
      if (!open.delete(entry)) return;
      entry.status = status;
      entry.endedMs = clock.monotonicMs();
    },
    record(effect) {
      effects.push({ ...effect, at: clock.now().toISOString(), ms: clock.monotonicMs() });
    },
    duplicates: () => findDuplicates(effects),
    violations: (limits) => findViolations(entries, limits),
    clear() {
      entries.length = 0;
      effects.length = 0;
    },
  };
}
