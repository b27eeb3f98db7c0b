import type { AttentionReason, Task, TaskEvent } from '../../domain/task.ts';
import { transition } from '../../domain/task.ts';
import type { DeliverPorts } from '../deliver/deliver.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import { settleAll } from '../settle.ts';

/** Gives a task to a person: the reason on the task, a note, an audit entry, a comment on its issue where one can be made. */
export async function handOver(
  ports: DeliverPorts,
  task: Task,
  reason: AttentionReason,
  text: string,
  options: { readonly event?: TaskEvent; readonly key?: string; readonly quiet?: boolean } = {},
): Promise<Task> {
  const next = transition(task.state, options.event ?? { type: 'need_attention', reason });
  if (!next.ok) return task;
  let moved = task;
  const intents = await ports.tasks.transact(async (transaction) => {
    moved = await ports.tasks.update(transaction, task, {
      state: next.state,
      attention: next.attention,
      note: text,
    });
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at: ports.clock.now(),
      code: reason,
      text,
      key: options.key ?? `handed-over:${moved.version}`,
    });
    await ports.audit.record(transaction, {
      event: 'task.handed_over',
      outcome: 'ok',
      actor: pipelineActor,
      target: task.id,
      correlationId: ports.correlationId(),
      facts: { reason, from: task.state },
    });
    if (task.issueNumber === null || options.quiet === true) return [];
    return ports.effects.intend(transaction, [
      {
        kind: 'comment',
        repository: ports.settings.managerOf(task.target),
        taskId: task.id,
        attempt: task.attempt,
        ordinal: moved.version,
        payload: { number: task.issueNumber, body: `This needs a person: ${text}` },
      },
    ]);
  });
  await settleAll(ports, intents);
  return moved;
}
