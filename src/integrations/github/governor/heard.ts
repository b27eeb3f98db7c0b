import type { Clock } from '../../../lib/clock.ts';
import { type AnswerHead, observe } from './answers.ts';
import { emptyBudget } from './limits.ts';

/**
 * What this process was told itself holds for it from that moment: before the shared budget has it, when that cannot be
 * written, and whatever the wall clock does.
 */
export interface Heard {
  /** Answers for how many milliseconds nothing may be sent from now on; 0 when something may. */
  hear(answer: AnswerHead): number;
  /** Milliseconds for which nothing may be sent yet; 0 or less when something may. */
  waitMs(): number;
}

export function createHeard(clock: Clock): Heard {
  let untilMs = -Infinity;
  return {
    hear: (answer) => {
      const now = clock.now().getTime();
      const { pausedUntil } = observe(emptyBudget, answer, now).budget;
      const forMs = Math.max(0, pausedUntil - now);
      if (forMs > 0) untilMs = Math.max(untilMs, clock.monotonicMs() + forMs);
      return forMs;
    },
    waitMs: () => untilMs - clock.monotonicMs(),
  };
}
