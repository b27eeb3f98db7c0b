import type { Task, TaskState } from '../../domain/task.ts';
import { idOf } from '../../lib/hash.ts';
import type { Message } from '../../platform/outbox/outbox.ts';
import type { TaskMessage } from './contract.ts';

/** Whether a receiver that asked for these events gets one of this type; `*` stands for what is left of a name. */
function wants(events: readonly string[], type: string): boolean {
  return events.some((wanted) =>
    wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted,
  );
}

/**
 * What each of the receivers that want it is told of a task that moved, or that is new (`from` null). The id follows from
 * receiver, task and version, so that the same change told twice is one message.
 */
export function taskMessages(
  task: Task,
  from: TaskState | null,
  receivers: readonly { readonly name: string; readonly events: readonly string[] }[],
  redact: (text: string) => string,
): readonly Message[] {
  const type = `task.${task.state}`;
  const message: TaskMessage = {
    type,
    timestamp: task.updatedAt.toISOString(),
    data: {
      task: {
        id: task.id,
        state: task.state,
        from,
        attention: task.attention,
        title: redact(task.proposal.title),
        kind: task.proposal.kind,
        target: task.target.name,
        host: task.target.host,
        agent: task.agent,
        issue: task.issueNumber,
        pullRequest: task.pullRequest?.url ?? null,
        attempt: task.attempt,
        version: task.version,
      },
    },
  };
  const body = JSON.stringify(message);
  return receivers
    .filter(({ events }) => wants(events, type))
    .map(({ name }) => ({
      id: idOf('message', name, task.id, String(task.version)),
      receiver: name,
      type,
      body,
    }));
}
