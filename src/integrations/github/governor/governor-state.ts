import { type Budget, emptyBudget } from './limits.ts';

/** Where the budget of a credential is kept. All processes of one credential share it. */
export interface GovernorState {
  /** Reads, changes and writes the budget as one step; nobody else gets between. */
  change<T>(
    credential: string,
    change: (budget: Budget) => { readonly budget: Budget; readonly answer: T },
  ): Promise<T>;
  /** Until when nothing may be sent, epoch milliseconds; read without waiting for anybody. */
  pausedUntil(credential: string): Promise<number>;
}

/** For one process that forgets: tests, and commands without a database. */
export function createMemoryGovernorState(): GovernorState {
  const budgets = new Map<string, Budget>();
  return {
    change: async (credential, change) => {
      const { budget, answer } = change(budgets.get(credential) ?? emptyBudget);
      budgets.set(credential, budget);
      return answer;
    },
    pausedUntil: async (credential) => (budgets.get(credential) ?? emptyBudget).pausedUntil,
  };
}
