import type { Refused } from './send-all.ts';
import { toApiError } from './to-api-error.ts';

/** As much of a task as a decision names. */
export interface Subject {
  readonly id: string;
  readonly title: string;
}

/** A decision that a person took and can still take back. */
export interface PendingDecision {
  readonly id: string;
  /** What it is about: one decision a task waits at a time. */
  readonly subjects: readonly Subject[];
  /** What is done with them, as done: `Approved`. */
  readonly word: string;
  readonly leavesAt: number;
}

/** What the service refused of a decision; all else of it is done. */
export interface FailedDecision {
  readonly id: string;
  readonly word: string;
  readonly subjects: readonly Subject[];
  readonly refused: readonly {
    readonly subject: Subject;
    readonly message: string;
    readonly next: string | null;
    readonly correlationId: string | null;
  }[];
}

export interface DecisionsState {
  readonly pending: readonly PendingDecision[];
  /** When the service took the last decision on a task, by its id, in ms since the epoch. */
  readonly taken: ReadonlyMap<string, number>;
  readonly failed: readonly FailedDecision[];
}

export interface Decisions {
  readonly subscribe: (onChange: () => void) => () => void;
  readonly state: () => DecisionsState;
  /** Holds the decision for ten seconds, then sends it; an earlier one on the same subject leaves at once. */
  readonly decide: (decision: {
    readonly subjects: readonly Subject[];
    readonly word: string;
    /** Answers what was refused. */
    readonly send: () => Promise<readonly Refused<Subject>[]>;
  }) => void;
  readonly undo: (id: string) => void;
  /** Sends everything that waits: the person leaves the page. */
  readonly flush: () => void;
  readonly forgetFailure: (id: string) => void;
}

/**
 * What of a list is still to be decided on. What was decided leaves it at once, and comes back when it is undone or refused;
 * `readAt` is when the list was read, in ms since the epoch: one that is older than the decision still has it.
 */
export function undecided<T extends { readonly id: string }>(
  list: readonly T[],
  readAt: number,
  { pending, taken }: Pick<DecisionsState, 'pending' | 'taken'>,
): readonly T[] {
  const decided = new Set(pending.flatMap(({ subjects }) => subjects.map(({ id }) => id)));
  return list.filter(({ id }) => !decided.has(id) && !(readAt <= (taken.get(id) ?? -1)));
}

const undoMs = 10_000;

/** Decisions leave after ten seconds, so that a slip of a key costs nothing. */
export function createDecisions(parts: {
  readonly now: () => number;
  /** Called after each one was sent, whatever came of it; what is shown is to be read again. */
  readonly onSent: () => void;
  /** Told of a defect of ours on the way. */
  readonly onDefect: (error: unknown) => void;
}): Decisions {
  let state: DecisionsState = { pending: [], taken: new Map(), failed: [] };
  let made = 0;
  const listeners = new Set<() => void>();
  const waiting = new Map<
    string,
    { send: () => Promise<readonly Refused<Subject>[]>; timer: ReturnType<typeof setTimeout> }
  >();
  const change = (next: Partial<DecisionsState>): void => {
    state = { ...state, ...next };
    for (const listener of listeners) listener();
  };
  const without = (id: string): readonly PendingDecision[] =>
    state.pending.filter((one) => one.id !== id);
  const leave = (id: string): void => {
    const one = waiting.get(id);
    const told = state.pending.find((pending) => pending.id === id);
    if (one === undefined || told === undefined) return;
    clearTimeout(one.timer);
    waiting.delete(id);
    // Stays in `pending` until the answer: the list must not show it again in between.
    one
      .send()
      .catch((reason: unknown) => told.subjects.map((item) => ({ item, reason })))
      .then((refusals) => {
        const refused = refusals.map(({ item, reason }) => {
          const { message, next, correlationId } = toApiError(reason);
          return { subject: item, message, next, correlationId };
        });
        const { word, subjects } = told;
        const failed =
          refused.length === 0 ? state.failed : [...state.failed, { id, word, subjects, refused }];
        const taken = new Map(state.taken);
        for (const subject of subjects)
          if (!refusals.some(({ item }) => item.id === subject.id))
            taken.set(subject.id, parts.now());
        change({ pending: without(id), taken, failed });
        parts.onSent();
      })
      .catch(parts.onDefect);
  };
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => state,
    decide: ({ subjects, word, send }) => {
      const ids = new Set(subjects.map((one) => one.id));
      for (const earlier of state.pending) {
        if (earlier.subjects.some((subject) => ids.has(subject.id))) leave(earlier.id);
      }
      made += 1;
      const id = String(made);
      const timer = setTimeout(() => leave(id), undoMs);
      waiting.set(id, { send, timer });
      change({
        pending: [...state.pending, { id, subjects, word, leavesAt: parts.now() + undoMs }],
        // Who decides on it again has read why it was refused.
        failed: state.failed.filter((one) =>
          one.refused.some(({ subject }) => !ids.has(subject.id)),
        ),
      });
    },
    undo: (id) => {
      clearTimeout(waiting.get(id)?.timer);
      if (waiting.delete(id)) change({ pending: without(id) });
    },
    flush: () => {
      for (const id of waiting.keys()) leave(id);
    },
    forgetFailure: (id) => change({ failed: state.failed.filter((one) => one.id !== id) }),
  };
}
