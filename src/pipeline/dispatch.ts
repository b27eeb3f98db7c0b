import { repositoryKey } from '../domain/repository.ts';
import type { Task } from '../domain/task.ts';
import type { PipelinePorts } from './pipeline-ports.ts';

export type DispatchPorts = Pick<
  PipelinePorts,
  'tasks' | 'runs' | 'pauses' | 'settings' | 'clock' | 'agents' | 'delegates'
>;

/** Why an approved task is not started now; every path that does not dispatch has one of these. */
export interface Hold {
  readonly code:
    | 'paused'
    | 'repository_paused'
    | 'budget_day'
    | 'agent_missing'
    | 'repository_busy'
    | 'start_failed';
  readonly text: string;
}

/** Answers null when the task may start now, else the reason; read live, so that a pause or a cap holds at once. */
export async function holdOf(ports: DispatchPorts, task: Task): Promise<Hold | null> {
  const pause = await pauseOf(ports, task.target);
  if (pause !== null) return pause;
  const policy = ports.settings.policyOf(task.target);
  const agent = ports.agents(task.agent);
  const isDelegate = ports.delegates(task.agent) !== null;
  if (agent === null && !isDelegate) {
    return hold(
      'agent_missing',
      `No agent is named "${task.agent}". Add it under executor.agents.`,
    );
  }
  const failed = await lastFailedStart(ports, task);
  if (failed !== null) return failed;
  if (await isBusy(ports, task)) {
    return hold('repository_busy', `Another task works on ${task.target.name}; one at a time.`);
  }
  if (agent === null || agent.cost === 'free') return null;
  return overBudget(ports, policy.budget);
}

/** The pause that holds for a repository now: of everything, of it alone, or by configuration. */
export async function pauseOf(
  ports: Pick<DispatchPorts, 'pauses' | 'settings'>,
  target: Task['target'],
): Promise<Hold | null> {
  for (const pause of await ports.pauses.paused()) {
    if (pause.repository === null) return hold('paused', `Everything is paused by ${pause.by}.`);
    if (repositoryKey(pause.repository) === repositoryKey(target)) {
      return hold('repository_paused', `${target.name} is paused by ${pause.by}.`);
    }
  }
  if (!ports.settings.policyOf(target).paused) return null;
  return hold('repository_paused', `${target.name} is paused in the configuration.`);
}

const waitAfterFailedStartMs = 5 * 60_000;

async function lastFailedStart(ports: DispatchPorts, task: Task): Promise<Hold | null> {
  const notes = await ports.tasks.notes(task.id);
  const last = notes.find(({ code }) => code === 'start_failed');
  if (last === undefined) return null;
  const until = new Date(last.at.getTime() + waitAfterFailedStartMs);
  if (until <= ports.clock.now()) return null;
  return hold(
    'start_failed',
    `The last start failed: ${last.text} It is tried again after ${until.toISOString()}.`,
  );
}

async function isBusy(ports: DispatchPorts, task: Task): Promise<boolean> {
  const running = await ports.tasks.list({ states: ['running'], target: task.target });
  return running.some(({ id }) => id !== task.id);
}

async function overBudget(
  ports: DispatchPorts,
  budget: { readonly perRunUsd: number; readonly perDayUsd: number },
): Promise<Hold | null> {
  const day = new Date(ports.clock.now());
  day.setUTCHours(0, 0, 0, 0);
  const spent = await ports.runs.spentSince(day);
  if (spent + budget.perRunUsd <= budget.perDayUsd) return null;
  return hold(
    'budget_day',
    `$${spent.toFixed(2)} of $${budget.perDayUsd.toFixed(2)} are spent or reserved today and a run may cost $${budget.perRunUsd.toFixed(2)}. It goes on tomorrow (UTC), or raise executor.budget.perDayUsd.`,
  );
}

function hold(code: Hold['code'], text: string): Hold {
  return { code, text };
}
