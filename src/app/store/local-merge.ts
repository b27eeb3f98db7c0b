import { AppError } from '../../lib/app-error.ts';
import type { TaskPorts } from '../../operations/tasks/handlers.ts';
import type { StoreRooms } from './open-store.ts';

/** Merges a pull request of the local host; that of another host is merged there. */
export function mergeOf(store: Pick<StoreRooms, 'local'>): TaskPorts['merge'] {
  return async (host, task, actor) => {
    if (task.pullRequest === null || host.name !== 'local') {
      throw new AppError({
        kind: 'conflict',
        code: 'merge_elsewhere',
        message:
          task.pullRequest === null
            ? `Task ${task.id} has no pull request.`
            : 'Pull requests on GitHub are merged on GitHub.',
        next:
          task.pullRequest === null
            ? 'See `claude-manager tasks explain`.'
            : `Open ${task.pullRequest.url}.`,
      });
    }
    await store.local.merge(task.pullRequest.repository, task.pullRequest.number, actor);
  };
}
