import type { EffectRequestShape } from './intent.ts';
import { openIntents } from './intent-rows.ts';
import { type StepParts, step } from './step.ts';

/** What one pass did. */
export interface Sweep {
  /** Final now. */
  readonly settled: number;
  /** Still open: held, waiting for the second look, or their host does not answer. */
  readonly waiting: number;
}

/** Takes each open intent as far as it goes without waiting; intents of one task in their order, one after the other. */
export async function sweep<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  concurrency: number,
): Promise<Sweep> {
  const rows = await openIntents(parts.db);
  const tasks = [...Map.groupBy(rows, ({ task_id }) => task_id).values()];
  const queue = tasks.values();
  let settled = 0;
  const worker = async (): Promise<void> => {
    for (const intents of queue) settled += await settleInOrder(parts, intents);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { settled, waiting: rows.length - settled };
}

// A pull request whose branch is not pushed yet would be refused for good, so the first open one stops its task.
async function settleInOrder<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  intents: readonly { readonly id: string }[],
): Promise<number> {
  let settled = 0;
  for (const { id } of intents) {
    if (!(await settleWithoutWaiting(parts, id))) break;
    settled += 1;
  }
  return settled;
}

async function settleWithoutWaiting<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  id: string,
): Promise<boolean> {
  try {
    for (;;) {
      const taken = await step(parts, id);
      if (taken.kind !== 'again') return taken.kind === 'final';
      if (taken.waitMs > 0) return false;
    }
  } catch (error) {
    parts.log.warn({ intentId: id, err: error }, 'An effect stays open.');
    return false;
  }
}
