import { toApiError } from './to-api-error.ts';

/** A decision that a person took and can still take back. */
export interface PendingDecision {
  readonly id: string;
  /** What it is about: one decision a task waits at a time. */
  readonly subjects: readonly string[];
  /** `Approved “Reject negative amounts”`. */
  readonly words: string;
  readonly leavesAt: number;
}

export interface FailedDecision {
  readonly id: string;
  readonly words: string;
  readonly message: string;
  readonly next: string | null;
  readonly correlationId: string | null;
}

export interface DecisionsState {
  readonly pending: readonly PendingDecision[];
  readonly failed: readonly FailedDecision[];
}

export interface Decisions {
  readonly subscribe: (onChange: () => void) => () => void;
  readonly state: () => DecisionsState;
  /** Holds the decision for ten seconds, then sends it; an earlier one on the same subject leaves at once. */
  readonly decide: (decision: {
    readonly subjects: readonly string[];
    readonly words: string;
    readonly send: () => Promise<unknown>;
  }) => void;
  readonly undo: (id: string) => void;
  /** Sends everything that waits: the person leaves the page. */
  readonly flush: () => void;
  readonly forgetFailure: (id: string) => void;
}

const undoMs = 10_000;

/** Decisions leave after ten seconds, so that a slip of a key costs nothing. */
export function createDecisions(parts: {
  readonly now: () => number;
  /** Called after each one was sent, whatever came of it. */
  readonly onSent: () => void;
}): Decisions {
  let state: DecisionsState = { pending: [], failed: [] };
  let made = 0;
  const listeners = new Set<() => void>();
  const waiting = new Map<string, { send: () => Promise<unknown>; timer: number }>();
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
      .catch((thrown: unknown) => {
        const { message, next, correlationId } = toApiError(thrown);
        const failure = { id, words: told.words, message, next, correlationId };
        change({ failed: [...state.failed, failure] });
      })
      .finally(() => {
        change({ pending: without(id) });
        parts.onSent();
      });
  };
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => state,
    decide: ({ subjects, words, send }) => {
      for (const earlier of state.pending) {
        if (earlier.subjects.some((subject) => subjects.includes(subject))) leave(earlier.id);
      }
      made += 1;
      const id = String(made);
      const timer = window.setTimeout(() => leave(id), undoMs);
      waiting.set(id, { send, timer });
      change({
        pending: [...state.pending, { id, subjects, words, leavesAt: parts.now() + undoMs }],
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
