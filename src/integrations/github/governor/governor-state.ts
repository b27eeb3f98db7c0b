import { type Clock, systemClock } from '../../../lib/clock.ts';
import { type Budget, emptyBudget } from './limits.ts';

/**
 * Where the budget of a credential is kept. All processes of one credential share it, and the clock by which its times
 * are written and judged: `nowMs`, epoch milliseconds; null where nobody shares it, the process's own clock then.
 */
export interface GovernorState {
  /** Reads, changes and writes the budget as one step; nobody else gets between. */
  change<T>(
    credential: string,
    change: (
      budget: Budget,
      nowMs: number | null,
    ) => { readonly budget: Budget; readonly answer: T },
  ): Promise<T>;
  /** Tells all at once, without waiting for anybody, that from now on nothing may be sent for so long. */
  tell(credential: string, forMs: number): Promise<void>;
  /** Until when nothing may be sent, epoch milliseconds; read without waiting for anybody. */
  pause(credential: string): Promise<{ readonly untilMs: number; readonly nowMs: number | null }>;
}

/** For one process that forgets: tests, and commands without a database. */
export function createMemoryGovernorState(clock: Clock = systemClock): GovernorState {
  const budgets = new Map<string, Budget>();
  return {
    change: async (credential, change) => {
      const { budget, answer } = change(budgets.get(credential) ?? emptyBudget, null);
      budgets.set(credential, budget);
      return answer;
    },
    tell: async (credential, forMs) => {
      const budget = budgets.get(credential) ?? emptyBudget;
      const pausedUntil = Math.max(budget.pausedUntil, clock.now().getTime() + forMs);
      budgets.set(credential, { ...budget, pausedUntil });
    },
    pause: async (credential) => ({
      untilMs: (budgets.get(credential) ?? emptyBudget).pausedUntil,
      nowMs: null,
    }),
  };
}
