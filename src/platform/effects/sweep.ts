import type { EffectRequestShape } from './intent.ts';
import { openIntents } from './intent-rows.ts';
import { type StepParts, step } from './step.ts';

/** What one pass did. */
export interface Sweep {
  /** Final now. */
  readonly settled: number;
  /** Still open: held, waiting for the second look, or their host does not answer. */
  readonly waiting: number;
  /** Of those, the ones that move by themselves soon: a lease that runs out, the second look. */
  readonly timed: number;
}

type Outcome = 'settled' | 'timed' | 'held';

/** Takes each open intent as far as it goes without waiting; intents of one task in their order, one after the other. */
export async function sweep<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  { concurrency = 4, maxMs = Infinity }: { concurrency?: number; maxMs?: number },
): Promise<Sweep> {
  const until = parts.clock.monotonicMs() + maxMs;
  const rows = await openIntents(parts.db);
  const tasks = [...Map.groupBy(rows, ({ task_id }) => task_id).values()];
  const queue = tasks.values();
  const count = { settled: 0, timed: 0, held: 0 };
  const worker = async (): Promise<void> => {
    for (const intents of queue) {
      await settleInOrder(parts, intents, count);
      if (parts.clock.monotonicMs() >= until) return;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const { settled, timed } = count;
  return { settled, waiting: rows.length - settled, timed };
}

// A pull request whose branch is not pushed yet would be refused for good, so the first open one stops its task.
async function settleInOrder<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  intents: readonly { readonly id: string }[],
  count: Record<Outcome, number>,
): Promise<void> {
  for (const { id } of intents) {
    const outcome = await settleWithoutWaiting(parts, id);
    count[outcome] += 1;
    if (outcome !== 'settled') return;
  }
}

async function settleWithoutWaiting<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  id: string,
): Promise<Outcome> {
  try {
    for (;;) {
      const taken = await step(parts, id);
      if (taken.kind === 'final') return 'settled';
      if (taken.kind === 'not_claimed' || taken.waitMs > 0) return 'timed';
    }
  } catch (error) {
    parts.log.warn({ intentId: id, err: error }, 'An effect stays open.');
    return 'held';
  }
}
