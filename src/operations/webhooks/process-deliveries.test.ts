import { expect, test } from 'vitest';
import type { Clock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import type { Delivery } from '../../platform/inbox/inbox.ts';
import { processDeliveries } from './process-deliveries.ts';

const delivery: Delivery = {
  id: 'd-1',
  event: 'issues',
  body: Buffer.from(
    JSON.stringify({
      action: 'labeled',
      issue: { number: 7 },
      repository: { full_name: 'acme/manager' },
    }),
  ),
};

test.each([
  [250, 250],
  [60_000, 2000],
])(
  'a delivery whose look failed, and is due in %i ms, is asked for again after %i ms',
  async (dueMs, afterMs) => {
    let nowMs = 1_000_000;
    let waits: Delivery | null = delivery;
    let tries = 0;
    const slept: number[] = [];
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const clock: Clock = {
      now: () => new Date(nowMs),
      monotonicMs: () => nowMs,
      sleep: async (ms, signal) => {
        if (waits === null) {
          await new Promise((resolve) => signal?.addEventListener('abort', resolve));
          return;
        }
        slept.push(ms);
        nowMs += dueMs;
      },
    };
    const processor = processDeliveries({
      inbox: {
        due: async (lane) => {
          // The other lane is still asking until all is done.
          if (lane === 'slow') await finished;
          return lane === 'quick' && waits !== null ? [waits] : [];
        },
        done: async () => {
          waits = null;
          finish();
        },
        failed: async () => new Date(nowMs + dueMs),
      },
      look: async () => {
        tries += 1;
        if (tries === 1) throw new Error('somebody else was at it');
      },
      see: async () => undefined,
      within: async (_id, _look, body) => await body(),
      clock,
      log: silentLog,
    });
    await finished;
    await processor.close();
    expect(slept).toEqual([afterMs]);
  },
);
