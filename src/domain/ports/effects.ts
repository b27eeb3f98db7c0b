import type { EffectRequest, EffectResult } from '../effect.ts';

/** What the pipeline uses to write outside (platform/effects behind it). */
export interface Effects {
  /**
   * Writes the intent rows (on conflict do nothing) in the caller's transaction; nothing is sent before it commits.
   * Returns the intent ids, in order.
   */
  intend(transaction: Transaction, requests: readonly EffectRequest[]): Promise<readonly string[]>;
  /** Sends the intent, or adopts what it made before; resolves when it is final. Idempotent. */
  settle(intentId: string): Promise<EffectResult>;
  /**
   * The same as far as it goes at once: null when it has to wait for its second look or is in other hands. Whoever
   * settles what is open takes it further, so that one lost answer holds up nothing else.
   */
  settleNow(intentId: string): Promise<EffectResult | null>;
  /** Gives up what an attempt still wanted to write and nobody is sending; answers how many. For good: it is never sent. */
  withdraw(attempt: { readonly taskId: string; readonly attempt: number }): Promise<number>;
  /** A person removed what the task had made by this kind of write: it is never made again. Answers how many. */
  noteRemoved(made: {
    readonly taskId: string;
    readonly kind: EffectRequest['kind'];
  }): Promise<number>;
}

/** A handle on an open transaction of the store; opaque to the pipeline. */
export interface Transaction {
  readonly transaction: unique symbol;
}
