import type { TaskQueries } from '../domain/ports/task-queries.ts';
import { systemClock } from '../lib/clock.ts';
import type { ReadingPorts } from '../operations/tasks/reading-handlers.ts';
import type { Settings } from '../pipeline/pipeline-ports.ts';
import type { Config } from '../platform/config/schema.ts';
import { createTaskQueries } from '../storage/task-queries.ts';
import type { StoreRooms } from './open-store.ts';

/** What lists and pages read beside the stores of the pipeline. */
export interface ReadingRooms
  extends Pick<ReadingPorts, 'writes' | 'auditOf' | 'issueUrl' | 'tasks' | 'runs'> {
  readonly queries: TaskQueries;
}

export function openReading(
  store: StoreRooms,
  settings: Settings,
  config: () => Config,
): ReadingRooms {
  return {
    queries: createTaskQueries(store.database, systemClock),
    tasks: store.tasks,
    runs: store.runs,
    writes: async (taskId) =>
      (await store.effects.ofTask(taskId)).map(({ intent, error }) => ({
        id: intent.id,
        kind: intent.request.kind,
        status: intent.status,
        number: intent.result?.number ?? null,
        url: intent.result?.url ?? null,
        error: error?.message ?? null,
        createdAt: intent.createdAt.toISOString(),
      })),
    auditOf: async (taskId, page) => {
      const entries = await store.audit.list({ target: taskId, ...page });
      return entries.map(({ seq, at, event, outcome, actor, correlationId, facts, hash }) => ({
        seq,
        at,
        event,
        outcome,
        actor: { kind: actor.kind, name: actor.name },
        correlationId,
        facts: { ...facts },
        hash,
      }));
    },
    issueUrl: (target, number) => {
      const manager = settings.managerOf(target);
      if (manager.host !== 'github') return null;
      return `${config().github.serverUrl.replace(/\/+$/u, '')}/${manager.name}/issues/${number}`;
    },
  };
}
