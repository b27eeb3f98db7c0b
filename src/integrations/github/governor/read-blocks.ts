import { setTimeout } from 'node:timers';
import type { GovernorDeps } from './governor-deps.ts';
import { type Lane, rankOf } from './lanes.ts';
import { githubLimits, release } from './limits.ts';

/**
 * Reads that were lent to this process. Spending one asks the shared budget only whether GitHub told anybody to wait;
 * what is not spent goes back when the block is over or nobody reads any more.
 */
export interface ReadBlocks {
  add(block: NewBlock): void;
  /** The id of a block of that lane, or of one behind it, that has a read left now; null when there is none. */
  spend(lane: Lane): Promise<string | null>;
  /** The request ended. */
  ended(id: string): void;
}

interface NewBlock {
  readonly id: string;
  readonly lane: Lane;
  readonly slots: number;
  readonly reads: number;
  /** By the clock of the shared budget, epoch milliseconds; its first read begins now. */
  readonly now: number;
  /** Monotonic milliseconds before it was asked for, so that our end of it comes before the others'. */
  readonly askedMs: number;
}

interface Block extends NewBlock {
  /** Monotonic milliseconds. */
  readonly spendUntilMs: number;
  spent: number;
  underWay: number;
  /** Monotonic milliseconds. */
  lastMs: number;
}

/** Somebody who reads one thing after the other keeps the block in between. */
const idleMs = 250;

export function createReadBlocks(
  deps: GovernorDeps,
  onTrouble: (error: unknown) => void,
): ReadBlocks {
  const { credential, state, clock, limits = githubLimits } = deps;
  const blocks = new Map<string, Block>();
  const nowMs = (): number => clock.monotonicMs();
  const sharedMs = (block: Block, at: number): number => block.now + at - block.askedMs;
  const isUsable = (block: Block, lane: Lane): boolean =>
    rankOf(block.lane) >= rankOf(lane) &&
    block.spent < block.reads &&
    block.underWay < block.slots &&
    nowMs() < block.spendUntilMs;
  const giveBack = (block: Block): void => {
    if (!blocks.delete(block.id)) return;
    const spent = { reads: block.spent, lastMs: sharedMs(block, block.lastMs) };
    state
      .change(credential, (budget, now) => ({
        budget: release(budget, block.id, now ?? clock.now().getTime(), spent),
        answer: undefined,
      }))
      .catch(onTrouble);
  };
  const whenIdle = (block: Block): void => {
    const { spent } = block;
    const isOver = spent >= block.reads || nowMs() >= block.spendUntilMs;
    if (isOver) return giveBack(block);
    // Nobody waits for this, and a process that ends does not stay for it.
    setTimeout(() => {
      if (block.underWay === 0 && block.spent === spent) giveBack(block);
    }, idleMs).unref();
  };
  return {
    add: (block) => {
      const spendUntilMs = block.askedMs + limits.block.spendMs;
      const first = { spent: 1, underWay: 1, lastMs: nowMs() };
      blocks.set(block.id, { ...block, ...first, spendUntilMs });
    },
    spend: async (lane) => {
      const block = [...blocks.values()].find((one) => isUsable(one, lane));
      if (block === undefined) return null;
      block.spent += 1;
      block.underWay += 1;
      let mayGo = false;
      try {
        const pause = await state.pause(credential);
        const isPaused = pause.untilMs > (pause.nowMs ?? clock.now().getTime());
        mayGo = !isPaused && nowMs() < block.spendUntilMs;
      } finally {
        if (mayGo) block.lastMs = Math.max(block.lastMs, nowMs());
        else {
          block.spent -= 1;
          block.underWay -= 1;
          if (block.underWay === 0) giveBack(block);
        }
      }
      return mayGo ? block.id : null;
    },
    ended: (id) => {
      const block = blocks.get(id);
      if (block === undefined) return;
      block.underWay -= 1;
      if (block.underWay === 0) whenIdle(block);
    },
  };
}
