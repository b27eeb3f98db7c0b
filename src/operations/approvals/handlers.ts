import type { Actor } from '../../domain/actor.ts';
import type { Suppression, SuppressionStore } from '../../domain/ports/page-queries.ts';
import type { TaskQueries } from '../../domain/ports/task-queries.ts';
import type { Task } from '../../domain/task.ts';
import { AppError } from '../../lib/app-error.ts';
import type { ApprovalPorts } from '../../pipeline/approve/approval-ports.ts';
import { withdraw } from '../../pipeline/approve/follow-approvals.ts';
import type { PipelinePorts } from '../../pipeline/pipeline-ports.ts';
import { editProposal } from '../../pipeline/propose/edit-proposal.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { Permission } from '../operation.ts';
import { reaches, requireReach } from '../repository-rights.ts';
import { find } from '../tasks/task-lines.ts';
import type { Decided } from './contract.ts';
import {
  editTask,
  liftSuppression,
  listSuppressions,
  snoozeTask,
  unsnoozeTask,
  withdrawApproval,
} from './contract.ts';
export type DecisionPorts = ApprovalPorts &
  Pick<PipelinePorts, 'secrets'> & {
    readonly queries: Pick<TaskQueries, 'one' | 'startingWith' | 'snooze'>;
    readonly suppressions: SuppressionStore;
  };

/** Decisions about a task that are neither yes nor no, and what is never proposed. */
export function decisionHandlers(ports: DecisionPorts): readonly Served[] {
  const mine = async (id: string, actor: Actor, permission: Permission): Promise<Task> => {
    const task = await find(ports, id);
    requireReach(actor, permission, task.target.name);
    return task;
  };
  return [
    serve(withdrawApproval, async ({ id, reason }, { actor }) => {
      const task = await mine(id, actor, 'tasks:approve');
      if ((await ports.tasks.approval(task.id)) === null) throw nothingStands(task);
      const because = reason === undefined ? '' : `: ${reason}`;
      const text = `${actor.name} took it back${because}.`;
      const moved = await withdraw(ports, task, { code: 'approval_withdrawn', text }, actor);
      if (moved === task) throw tooLate(task);
      return decided(ports, task.id);
    }),
    serve(editTask, async ({ id, version, title, body }, { actor }) => {
      const words = {
        ...(title === undefined ? {} : { title }),
        ...(body === undefined ? {} : { body }),
      };
      for (let tries = 1; ; tries += 1) {
        const task = await mine(id, actor, 'tasks:write');
        if (version !== undefined && version !== task.version) throw changed(task);
        try {
          await editProposal(ports, task, words, actor);
          return await decided(ports, task.id);
        } catch (error) {
          // Who named no version edits what stands; the pipeline may note something on the task in between.
          const isOvertaken = error instanceof AppError && error.code === 'task_changed';
          if (!isOvertaken || version !== undefined || tries === 5) throw error;
        }
      }
    }),
    serve(snoozeTask, async ({ id, until }, { actor }) => {
      const task = await mine(id, actor, 'tasks:write');
      const moment = new Date(until);
      if (moment <= ports.clock.now()) throw inThePast();
      await snooze(ports, task, moment, actor);
      return decided(ports, task.id);
    }),
    serve(unsnoozeTask, async ({ id }, { actor }) => {
      const task = await mine(id, actor, 'tasks:write');
      await snooze(ports, task, null, actor);
      return decided(ports, task.id);
    }),
    serve(listSuppressions, async (_input, { actor }) => ({
      items: (await ports.suppressions.list())
        .filter(({ target }) => reaches(actor, 'tasks:read', target.name))
        .map(shown),
    })),
    serve(liftSuppression, async ({ id }, { actor, correlationId }) => {
      const found = (await ports.suppressions.list()).find((one) => one.id === id);
      if (found === undefined) throw suppressionUnknown(id);
      requireReach(actor, 'tasks:approve', found.target.name);
      await ports.suppressions.remove(id);
      await ports.audit.record(null, {
        event: 'suppression.lifted',
        outcome: 'ok',
        actor,
        target: found.taskId,
        correlationId,
        facts: { rule: found.rule, repository: found.target.name },
      });
      return { items: (await ports.suppressions.list()).map(shown) };
    }),
  ];
}

async function snooze(
  ports: DecisionPorts,
  task: Task,
  until: Date | null,
  actor: Actor,
): Promise<void> {
  await ports.queries.snooze(task.id, until);
  const at = ports.clock.now();
  await ports.tasks.transact((transaction) =>
    ports.tasks.addNote(transaction, {
      taskId: task.id,
      at,
      code: until === null ? 'unsnoozed' : 'snoozed',
      text:
        until === null
          ? `Brought back by ${actor.name}.`
          : `Put off until ${until.toISOString()} by ${actor.name}.`,
      key: `snooze:${at.toISOString()}`,
      actor,
    }),
  );
}

async function decided(ports: DecisionPorts, id: string): Promise<Decided> {
  const [task, summary] = await Promise.all([ports.tasks.get(id), ports.queries.one(id)]);
  if (task === null || summary === null) throw new Error(`task ${id} vanished`);
  return {
    id,
    state: task.state,
    title: task.proposal.title,
    note: task.note,
    snoozedUntil: summary.snoozedUntil?.toISOString() ?? null,
    contentHash: task.contentHash,
    version: task.version,
  };
}

function shown({ id, rule, target, by, reason, taskId, at }: Suppression): {
  id: string;
  rule: string;
  repository: string;
  by: string;
  reason: string | null;
  taskId: string | null;
  at: string;
} {
  return { id, rule, repository: target.name, by, reason, taskId, at: at.toISOString() };
}

function nothingStands({ id }: Task): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'approval_missing',
    message: `Task ${id} has no approval that stands, so there is nothing to take back.`,
    next: `See \`claude-manager tasks explain ${id}\`.`,
  });
}

function tooLate({ id, state }: Task): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'task_state',
    message: `Task ${id} is ${state.replaceAll('_', ' ')}; its approval cannot be taken back any more.`,
    next: 'Close its pull request, or revert what was merged.',
  });
}

function changed({ id }: Task): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'task_changed',
    message: `Task ${id} was changed by somebody else in the meantime.`,
    next: 'Read it again, then repeat the edit if it still applies.',
  });
}

function inThePast(): AppError {
  const message = 'until: the moment has passed already';
  return new AppError({
    kind: 'invalid_input',
    code: 'input_invalid',
    message,
    next: 'Give a moment in the future; nothing was changed.',
    details: { issues: [{ field: 'until', message }] },
  });
}

function suppressionUnknown(id: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'suppression_unknown',
    message: `There is no rule ${id}.`,
    next: 'List the rules to see their ids.',
  });
}
