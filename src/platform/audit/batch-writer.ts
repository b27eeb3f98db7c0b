import { AppError, messageOf } from '../../lib/app-error.ts';

/** Gathers what is written at the same time into one batch; one batch is under way at a time. */
export interface BatchWriter<Item, Written> {
  /** Resolves once the item is committed. */
  write(item: Item): Promise<Written>;
}

/** Batches of one commit; and what may wait before more is refused, some seconds of work. */
const batchSize = 500;
const waitingAtMost = 20_000;

/** `commit` writes a batch and answers one result for each item. Throws AppError `audit_unavailable` when it cannot. */
export function createBatchWriter<Item, Written>(
  commit: (items: readonly Item[]) => Promise<readonly Written[]>,
): BatchWriter<Item, Written> {
  const waiting: { readonly item: Item; readonly settled: PromiseWithResolvers<Written> }[] = [];
  let isFlushing = false;
  const flush = async (): Promise<void> => {
    isFlushing = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchSize);
      try {
        const written = await commit(batch.map(({ item }) => item));
        for (const [index, { settled }] of batch.entries())
          settled.resolve(written[index] as Written);
      } catch (cause) {
        for (const { settled } of batch) settled.reject(auditUnavailable(cause));
      }
    }
    isFlushing = false;
  };
  return {
    write: async (item) => {
      if (waiting.length >= waitingAtMost) throw auditUnavailable(new Error('too much waits'));
      const settled = Promise.withResolvers<Written>();
      waiting.push({ item, settled });
      if (!isFlushing) void flush();
      return await settled.promise;
    },
  };
}

/** The audit cannot take an entry; whoever gets this does not act. */
export function auditUnavailable(cause: unknown): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'audit_unavailable',
    message: `The audit log cannot be written: ${messageOf(cause)}.`,
    next: 'Look at the database and its disk; what was refused can be repeated then.',
    cause,
  });
}
