import type { RepositoryRef } from '../../domain/repository.ts';
import type { Task } from '../../domain/task.ts';
import { AppError } from '../../lib/app-error.ts';
import { holdOf } from '../../pipeline/dispatch.ts';
import { explain } from '../../pipeline/explain.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { ServicePorts } from '../service/run-service.ts';
import { noteUnsecured } from '../unsecured.ts';
import { executeTask } from './contract.ts';
import type { LinePorts } from './task-lines.ts';
import { detailOf, find } from './task-lines.ts';

/** The engine of this process, or the running service that the attempt is handed to. */
type ExecutePorts = Pick<ServicePorts, 'cycle' | 'busy'>;

type Reading = Omit<LinePorts, 'settings'>;

/** `execute`: one approved task now, through the same gates as the service, followed to the end of its attempt. */
export function executeHandlers(
  service: ExecutePorts,
  reading: Reading & { readonly repository: (name: string) => RepositoryRef },
): readonly Served[] {
  const { cycle } = service;
  const ports = { ...reading, settings: cycle.settings };
  return [
    serve(executeTask, async ({ taskId, issue, repo, agent, secure }, context) => {
      const { signal, progress } = context;
      if (!secure) await noteUnsecured(cycle.audit, context, executeTask.name);
      const task =
        taskId === undefined
          ? await byIssue(service, reading.repository(repo ?? ''), issue ?? 0)
          : await find(ports, taskId);
      requireAgent(task, agent);
      // A running service starts what was approved at once: then there is nothing to start, only to follow.
      if (task.state === 'running') progress(`${task.id} is at work with ${task.agent} already`);
      else {
        await requireReady(service, task);
        const attempt = task.attempt + 1;
        // Somebody chose this moment, so it waited for nobody until now.
        const heldUntil = cycle.clock.now().toISOString();
        const ref = { taskId: task.id, attempt, version: task.version, heldUntil };
        await cycle.startAttempt(ref, 'person');
        progress(`attempt ${attempt} of ${task.id} with ${task.agent}`);
      }
      while (!signal.aborted && (await service.busy())) await cycle.clock.sleep(250);
      return detailOf(ports, await find(ports, task.id));
    }),
  ];
}

async function byIssue(
  { cycle }: ExecutePorts,
  repository: RepositoryRef,
  number: number,
): Promise<Task> {
  const found = await cycle.tasks.byIssue(cycle.settings.managerOf(repository), number);
  if (found !== null) return found;
  throw new AppError({
    kind: 'not_found',
    code: 'task_unknown',
    message: `Issue ${number} of ${repository.name} leads to no task.`,
    next: '`claude-manager tasks list` prints the tasks; issues of people become tasks when they carry the approval label.',
  });
}

/** The approval bound the agent: another one needs another approval. */
function requireAgent(task: Task, agent: string | undefined): void {
  if (agent === undefined || agent === task.agent) return;
  throw new AppError({
    kind: 'conflict',
    code: 'agent_not_approved',
    message: `Task ${task.id} was proposed for the agent ${task.agent}, not ${agent}; an approval binds the agent.`,
    next: 'Change the policy of the repository and approve the task again.',
  });
}

async function requireReady({ cycle }: ExecutePorts, task: Task): Promise<void> {
  const held = task.state === 'approved' ? await holdOf(cycle, task) : await explain(cycle, task);
  if (held === null) return;
  throw new AppError({
    kind: task.state === 'proposed' ? 'forbidden' : 'conflict',
    code: held.code,
    message: `Task ${task.id} is ${task.state.replaceAll('_', ' ')}: ${held.text}`,
    next: `See \`claude-manager tasks explain ${task.id}\`.`,
  });
}
