import type { Clock } from '../../../src/lib/clock.ts';
import { type Duplicate, findDuplicates, findUnmarked } from './duplicates.ts';
import type { Effect, JournalEntry } from './journal-entry.ts';
import { findViolations, type Violation, type ViolationLimits } from './violations.ts';

export interface Journal {
  readonly entries: readonly JournalEntry[];
  readonly effects: readonly Effect[];
  /** Things that exist twice though they were asked for once, counted from the effects. */
  duplicates(): Duplicate[];
  /** What requests made without the marker of the product in it. */
  unmarked(): Effect[];
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
    unmarked: () => findUnmarked(effects),
    violations: (limits) => findViolations(entries, limits),
    clear() {
      entries.length = 0;
      effects.length = 0;
    },
  };
}
