import { failureRules } from '../domain/failure.ts';
import type { Budget } from '../domain/policy.ts';
import { type Obstacle, obstacleCodes } from '../domain/ports/obstacles.ts';
import type { Spending, TaskAtWork } from '../domain/ports/stores.ts';
import { quietNow } from '../domain/quiet-hours.ts';
import { type RepositoryRef, repositoryKey } from '../domain/repository.ts';
import type { Task } from '../domain/task.ts';
import {
  failedStarts,
  runsThatCount,
  startAgainAt,
  startRule,
  tryAgainAt,
} from './execute/next-try.ts';
import type { PipelinePorts, Settings } from './pipeline-ports.ts';

export type DispatchPorts = Pick<
  PipelinePorts,
  'tasks' | 'runs' | 'pauses' | 'obstacles' | 'settings' | 'clock' | 'agents' | 'delegates'
>;

/** Why an approved task is not started now; every path that does not dispatch has one of these. */
export interface Hold {
  readonly code: HoldCode;
  readonly text: string;
}

/** Every reason for which an approved task is not started, in the order in which they are looked at. */
export const holdCodes = [
  'paused',
  'repository_paused',
  'quiet_hours',
  'agent_missing',
  'manager_missing',
  ...obstacleCodes,
  'model_quota',
  'retry_later',
  'start_failed',
  'repository_busy',
  'agent_busy',
  'budget_task',
  'budget_repository',
  'budget_day',
  'budget_month',
] as const;
export type HoldCode = (typeof holdCodes)[number];

/** What holds one task alone; everything else holds whatever its agent would do in its repository. */
const ofTheTask: ReadonlySet<HoldCode> = new Set(['retry_later', 'start_failed', 'budget_task']);

/** What people set, and turns that come by themselves; everything else is in the way. */
const byWill: ReadonlySet<HoldCode> = new Set([
  'paused',
  'repository_paused',
  'quiet_hours',
  'repository_busy',
  'agent_busy',
  'budget_task',
  'budget_repository',
  'budget_day',
  'budget_month',
]);

/** Whether the wait is what people wanted, so that it is none of the service's. */
export function isByWill({ code }: Hold): boolean {
  return byWill.has(code);
}

/** Whether it holds the other tasks of the same repository and agent too. */
export function holdsTheirPlace({ code }: Hold): boolean {
  return !ofTheTask.has(code);
}

/** Answers null when the task may start now, else the reason; read live, so that a pause or a cap holds at once. */
export async function holdOf(ports: DispatchPorts, task: Task): Promise<Hold | null> {
  const pause = await pauseOf(ports, task.target);
  if (pause !== null) return pause;
  const quiet = quietNow(ports.settings.quietHours(), ports.clock.now());
  if (quiet !== null) {
    return hold(
      'quiet_hours',
      `Nothing is started between ${quiet.from} and ${quiet.to} (${quiet.timezone}), says executor.quietHours.`,
    );
  }
  const policy = ports.settings.policyOf(task.target);
  const agent = ports.agents(task.agent);
  const isDelegate = ports.delegates(task.agent) !== null;
  if (agent === null && !isDelegate) {
    return hold(
      'agent_missing',
      `No agent is named "${task.agent}". Add it under executor.agents.`,
    );
  }
  const manager = ports.settings.findManager(task.target);
  if (manager === null) {
    return hold(
      'manager_missing',
      `No manager repository is configured for ${task.target.name}. Set github.managerRepo.`,
    );
  }
  const obstacle = await obstacleOf(ports, task, { manager, isDelegate });
  if (obstacle !== null) return obstacle;
  const waiting = (await restOf(ports, task)) ?? (await nextTryOf(ports, task));
  if (waiting !== null) return waiting;
  const full = overCap(ports.settings, task, await ports.tasks.atWork(null));
  if (full !== null) return full;
  if (agent === null || agent.cost === 'free') return null;
  const scope = { taskId: task.id, target: task.target, now: ports.clock.now() };
  return overBudget(await ports.runs.spending(null, scope), policy.budget);
}

async function obstacleOf(
  ports: DispatchPorts,
  { target, agent }: Task,
  { manager, isDelegate }: { readonly manager: RepositoryRef; readonly isDelegate: boolean },
): Promise<Obstacle | null> {
  return ports.obstacles.inTheWay({ target, manager, agent: isDelegate ? null : agent });
}

/** The agent's model has no quota left; it goes on by itself when it has. */
async function restOf(ports: DispatchPorts, task: Task): Promise<Hold | null> {
  const resting = await ports.pauses.resting(ports.clock.now());
  const mine = resting.find(({ agent }) => agent === task.agent);
  if (mine === undefined) return null;
  return hold(
    'model_quota',
    `${failureRules.model_quota.text} ${task.agent} is asked again after ${mine.until.toISOString()}. It said: ${mine.text}`,
  );
}

/** What went wrong last is waited for before it is tried again: the last attempt, or the last start. */
async function nextTryOf(ports: DispatchPorts, task: Task): Promise<Hold | null> {
  const notes = await ports.tasks.notes(task.id);
  const runs = await ports.runs.ofTask(task.id);
  const now = ports.clock.now();
  const counted = runsThatCount(runs, notes);
  const at = tryAgainAt(counted);
  const reason = counted.at(-1)?.reason ?? null;
  if (at !== null && reason !== null && isAhead(at, now, failureRules[reason].capMs)) {
    return hold(
      'retry_later',
      `${failureRules[reason].text} Attempt ${task.attempt + 1} starts after ${at.toISOString()}.`,
    );
  }
  const failed = failedStarts(runs, notes);
  const again = startAgainAt(failed);
  if (again === null || !isAhead(again, now, startRule.capMs)) return null;
  return hold(
    'start_failed',
    `The last start failed: ${failed[0]?.text ?? ''} It is tried again after ${again.toISOString()}.`,
  );
}

/** Whether a wait lasts on; one that is longer than it can be began before the clock was put back. */
function isAhead(at: Date, now: Date, longestMs: number): boolean {
  const leftMs = at.getTime() - now.getTime();
  return leftMs > 0 && leftMs <= longestMs;
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

/** The first cap on what runs at a time that one more run of this task would break. */
export function overCap(
  settings: Pick<Settings, 'policyOf' | 'agentCap'>,
  task: Task,
  atWork: readonly TaskAtWork[],
): Hold | null {
  const others = atWork.filter(({ id }) => id !== task.id);
  const here = others.filter(({ targetKey }) => targetKey === repositoryKey(task.target)).length;
  const { maxConcurrent } = settings.policyOf(task.target);
  if (here >= maxConcurrent) {
    const who = here === 1 ? 'Another task works' : `${here} other tasks work`;
    const most = maxConcurrent === 1 ? 'one' : String(maxConcurrent);
    return hold('repository_busy', `${who} on ${task.target.name}; ${most} at a time.`);
  }
  const cap = settings.agentCap(task.agent);
  const same = others.filter(({ agent }) => agent === task.agent).length;
  if (cap === null || same < cap) return null;
  return hold('agent_busy', `${task.agent} works on ${same} tasks; it may do ${cap} at a time.`);
}

/** The first limit that one more run could break; its whole allowance is counted, because that is what is reserved. */
export function overBudget(spending: Spending, budget: Budget): Hold | null {
  const { perRunUsd } = budget;
  const limits = [
    ['budget_task', spending.taskUsd, budget.perTaskUsd, 'for this task', 'perTaskUsd', null],
    [
      'budget_repository',
      spending.repositoryDayUsd,
      budget.perRepositoryDayUsd,
      'for this repository today',
      'perRepositoryDayUsd',
      'tomorrow (UTC)',
    ],
    ['budget_day', spending.dayUsd, budget.perDayUsd, 'today', 'perDayUsd', 'tomorrow (UTC)'],
    [
      'budget_month',
      spending.monthUsd,
      budget.perMonthUsd,
      'this month',
      'perMonthUsd',
      'next month',
    ],
  ] as const;
  const over = limits.find(([, spent, most]) => spent + perRunUsd > most);
  if (over === undefined) return null;
  const [code, spent, most, where, key, when] = over;
  const until = when === null ? 'Raise' : `It goes on ${when}, or raise`;
  return hold(
    code,
    `$${spent.toFixed(2)} of $${most.toFixed(2)} are spent or reserved ${where} and a run may cost $${perRunUsd.toFixed(2)}. ${until} executor.budget.${key}.`,
  );
}

function hold(code: Hold['code'], text: string): Hold {
  return { code, text };
}
