import type { Transaction } from '../../domain/ports/effects.ts';
import type { AuditTrail, TaskStore } from '../../domain/ports/stores.ts';
import type { Task } from '../../domain/task.ts';

export interface AuditedParts {
  readonly audit: AuditTrail;
  readonly correlationId: () => string;
}

/**
 * The same store, and every birth and every change of a state is in the audit log, committed with it: whichever part of the
 * pipeline or of an operation moved the task. Who wanted it stands in that part's own entry of the same unit of work.
 */
export function auditedTasks<Store extends TaskStore>(
  store: Store,
  { audit, correlationId }: AuditedParts,
): Store {
  const tell = async (
    transaction: Transaction,
    event: string,
    { id }: Task,
    facts: Readonly<Record<string, unknown>>,
  ): Promise<void> =>
    await audit.record(transaction, {
      event,
      outcome: 'ok',
      actor: { kind: 'system', name: 'tasks' },
      target: id,
      correlationId: correlationId(),
      facts,
    });
  return {
    ...store,
    insert: async (transaction, task) => {
      const standing = await store.insert(transaction, task);
      const isNew =
        standing.version === task.version &&
        standing.createdAt.getTime() === task.createdAt.getTime();
      if (isNew) await tell(transaction, 'task.born', standing, { to: standing.state });
      return standing;
    },
    update: async (transaction, task, change) => {
      const moved = await store.update(transaction, task, change);
      const isMoved = moved.state !== task.state || moved.attention !== task.attention;
      if (isMoved) {
        const { state: to, attention, attempt, version } = moved;
        await tell(transaction, 'task.moved', moved, {
          from: task.state,
          to,
          attention,
          attempt,
          version,
        });
      }
      return moved;
    },
  };
}
