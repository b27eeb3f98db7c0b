import type { Actor } from '../../domain/actor.ts';
import type { ApprovalChannel } from '../../domain/approval.ts';
import { personOf } from '../../domain/approval.ts';
import type { TaskStore } from '../../domain/ports/stores.ts';
import type { TaskFilter, TaskQueries } from '../../domain/ports/task-queries.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import type { Task } from '../../domain/task.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { DispatchPorts } from '../../pipeline/dispatch.ts';
import { explain } from '../../pipeline/explain.ts';
import type { CallContext, Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { reachOf, requireReach } from '../repository-rights.ts';
import {
  countTasks,
  explainTask,
  listTasks,
  showTask,
  taskAudit,
  taskDiff,
  taskTimeline,
} from './contract.ts';
import { filesOfPatch } from './patch-files.ts';
import { find, lineOf } from './task-lines.ts';
import type { StoryPorts } from './task-story.ts';
import { storyOf } from './task-story.ts';
import type { TimelineAudit } from './task-timeline.ts';
import { timelineOf } from './task-timeline.ts';

export type ReadingPorts = StoryPorts &
  DispatchPorts & {
    readonly queries: TaskQueries;
    readonly tasks: TaskStore;
    readonly clock: Clock;
    /** The repository that a person named. */
    readonly repository: (name: string) => RepositoryRef;
    /** Audit entries about a task, newest first; only those before `beforeSeq`. */
    readonly auditOf: (
      taskId: string,
      page: { readonly beforeSeq?: number; readonly limit: number },
    ) => Promise<readonly TimelineAudit[]>;
  };

/** What people and programs read of tasks. */
export function taskReadingHandlers(ports: ReadingPorts): readonly Served[] {
  const readable = async (id: string, { actor }: CallContext): Promise<Task> => {
    const task = await find(ports, id);
    requireReach(actor, 'tasks:read', task.target.name);
    return task;
  };
  return [
    serve(listTasks, async (input, { actor, door }) => {
      const { state, waiting, snoozed, sort, after, limit } = input;
      const states = waiting
        ? (['proposed', 'needs_attention'] as const).filter((one) => state?.includes(one) ?? true)
        : state;
      const { items, next } = await ports.queries.page({
        ...filterOf(ports, input, actor),
        ...(states === undefined ? {} : { states }),
        ...(waiting ? { notApprovedBy: personAt(ports, actor, channelOf(door)) } : {}),
        snoozed: waiting && snoozed === 'any' ? 'hide' : snoozed,
        sort,
        ...(after === undefined ? {} : { after }),
        limit,
        now: ports.clock.now(),
      });
      return { items: items.map((item) => lineOf(ports, item)), next };
    }),
    serve(countTasks, async (input, { actor }) => {
      const { states, waiting, snoozed } = await ports.queries.counts(
        filterOf(ports, input, actor),
      );
      const total = Object.values(states).reduce((sum, count) => sum + count, 0);
      return { states, waiting, snoozed, total };
    }),
    serve(showTask, async ({ id }, context) => storyOf(ports, await readable(id, context))),
    serve(taskTimeline, async ({ id }, context) => {
      const task = await readable(id, context);
      return { entries: [...(await timelineOf(ports, task))] };
    }),
    serve(taskAudit, async ({ id, after, limit }, context) => {
      const task = await readable(id, context);
      const entries = await ports.auditOf(task.id, {
        ...(after === undefined ? {} : { beforeSeq: after }),
        limit: limit + 1,
      });
      const items = entries.slice(0, limit);
      return {
        items: items.map((entry) => ({ ...entry, at: entry.at.toISOString() })),
        next: entries.length > limit ? (items.at(-1)?.seq ?? null) : null,
      };
    }),
    serve(explainTask, async ({ id }, context) => {
      const task = await readable(id, context);
      const { notes, ...reason } = await explain(ports, task);
      const runs = await ports.runs.ofTask(task.id);
      return {
        id: task.id,
        ...reason,
        sandbox: runs.findLast(({ sandbox }) => sandbox !== null)?.sandbox ?? null,
        notes: notes.map(({ at, code, text }) => ({ at: at.toISOString(), code, text })),
      };
    }),
    serve(taskDiff, async ({ id, run: wanted }, context) => {
      const task = await readable(id, context);
      const runs = await ports.runs.ofTask(task.id);
      const run =
        wanted === undefined
          ? (runs.findLast(({ patch }) => patch !== null) ?? runs.at(-1))
          : runs.find((one) => one.id === wanted);
      if (run === undefined && wanted !== undefined) throw runUnknown(task, wanted);
      return {
        runId: run?.id ?? null,
        attempt: run?.attempt ?? null,
        outcome: run?.outcome ?? null,
        patch: run?.patch ?? null,
        files: [...filesOfPatch(run?.patch ?? '')],
      };
    }),
  ];
}

/** How an approval through this door is recorded. */
export function channelOf(door: CallContext['door']): ApprovalChannel {
  return door === 'cli' ? 'cli' : 'dashboard';
}

/** The person behind an actor; a token is its owner. */
function personAt(
  ports: Pick<ReadingPorts, 'settings'>,
  actor: Actor,
  channel: ApprovalChannel,
  target?: RepositoryRef,
): string {
  const name = actor.kind === 'token' ? (actor.owner ?? actor.name) : actor.name;
  const anywhere: RepositoryRef = target ?? { host: 'github', name: '' };
  return personOf(channel, name, ports.settings.policyOf(anywhere).approval.people);
}

function filterOf(
  ports: Pick<ReadingPorts, 'repository'>,
  input: {
    readonly repo?: string | undefined;
    readonly kind?: readonly string[] | undefined;
    readonly agent?: string | undefined;
    readonly q?: string | undefined;
  },
  actor: Actor,
): TaskFilter {
  const target = input.repo === undefined ? undefined : ports.repository(input.repo);
  if (target !== undefined) requireReach(actor, 'tasks:read', target.name);
  const within = reachOf(actor, 'tasks:read');
  return {
    ...(target === undefined ? {} : { target }),
    ...(within === null || target !== undefined ? {} : { within }),
    ...(input.kind === undefined ? {} : { kinds: input.kind }),
    ...(input.agent === undefined ? {} : { agent: input.agent }),
    ...(input.q === undefined ? {} : { text: input.q }),
  };
}

function runUnknown(task: Task, id: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'run_not_found',
    message: `Task ${task.id} has no run ${id}.`,
    next: `\`claude-manager tasks show ${task.id}\` prints its runs.`,
  });
}
