import type { Transaction } from '../../domain/ports/effects.ts';
import type { TaskStore } from '../../domain/ports/stores.ts';
import type { Task } from '../../domain/task.ts';

/** Told inside the transaction that makes the change, so that what is written of it is committed with it or not at all. */
export interface TaskChanges {
  /** A task that was not there before. */
  readonly born: (transaction: Transaction, task: Task) => Promise<void>;
  /** Its state, or why it wants attention, is another one. */
  readonly moved: (transaction: Transaction, task: Task, before: Task) => Promise<void>;
}

/** The same store, and every birth and every change of a state is told, whichever part of the program made it. */
export function tellingTaskChanges<Store extends TaskStore>(
  store: Store,
  { born, moved }: TaskChanges,
): Store {
  return {
    ...store,
    insert: async (transaction, task) => {
      const standing = await store.insert(transaction, task);
      const isNew =
        standing.version === task.version &&
        standing.createdAt.getTime() === task.createdAt.getTime();
      if (isNew) await born(transaction, standing);
      return standing;
    },
    update: async (transaction, before, change) => {
      const task = await store.update(transaction, before, change);
      if (task.state !== before.state || task.attention !== before.attention)
        await moved(transaction, task, before);
      return task;
    },
  };
}
