import type { Transaction } from '../../domain/ports/effects.ts';
import type { AuditTrail, TaskStore } from '../../domain/ports/stores.ts';
import type { Task } from '../../domain/task.ts';
import { tellingTaskChanges } from './task-changes.ts';

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
  return tellingTaskChanges(store, {
    born: (transaction, task) => tell(transaction, 'task.born', task, { to: task.state }),
    moved: (transaction, task, { state: from }) => {
      const { state: to, attention, attempt, version } = task;
      return tell(transaction, 'task.moved', task, { from, to, attention, attempt, version });
    },
  });
}
