import type { Actor } from '../../domain/actor.ts';
import type { RunQueries, RunSummary } from '../../domain/ports/page-queries.ts';
import type { RunStore } from '../../domain/ports/stores.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Settings } from '../../pipeline/pipeline-ports.ts';
import type { CallContext, Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { reachOf, requireReach } from '../repository-rights.ts';
import type { RunDetail, RunEvent, RunItem } from './contract.ts';
import { cancelRun, listRuns, runEvents, showRun } from './contract.ts';

export interface RunPorts {
  readonly runQueries: RunQueries;
  readonly runs: Pick<RunStore, 'events'>;
  readonly settings: Pick<Settings, 'policyOf'>;
  readonly clock: Clock;
  readonly repository: (name: string) => RepositoryRef;
  readonly redact: (text: string) => string;
  /** Cancels the task of a run in the name of whoever asks; the agent is stopped by what watches it. */
  readonly cancelTask: (
    taskId: string,
    reason: string | undefined,
    context: CallContext,
  ) => Promise<void>;
}

const lookAgainMs = 300;

/** What people and programs read of runs, and how they stop one. */
export function runHandlers(ports: RunPorts): readonly Served[] {
  return [
    serve(listRuns, async ({ repo, live, agent, outcome, task, after, limit }, { actor }) => {
      const target = repo === undefined ? undefined : ports.repository(repo);
      if (target !== undefined) requireReach(actor, 'tasks:read', target.name);
      const within = reachOf(actor, 'tasks:read');
      const { items, next } = await ports.runQueries.page({
        ...(live === undefined ? {} : { live }),
        ...(target === undefined ? {} : { target }),
        ...(within === null || target !== undefined ? {} : { within }),
        ...(agent === undefined ? {} : { agent }),
        ...(outcome === undefined ? {} : { outcomes: outcome }),
        ...(task === undefined ? {} : { taskId: task }),
        ...(after === undefined ? {} : { after }),
        limit,
      });
      return { items: items.map((run) => itemOf(ports, run)), next };
    }),
    serve(showRun, async ({ id }, { actor }) => detailOf(ports, await readable(ports, id, actor))),
    serve(runEvents, async ({ id, after, limit, waitSeconds }, { actor, signal }) => {
      const until = ports.clock.monotonicMs() + waitSeconds * 1000;
      for (;;) {
        // Read before the events: what a run wrote before it ended is then among them.
        const run = await readable(ports, id, actor);
        const events = await ports.runs.events(id, after, limit);
        const live = run.endedAt === null;
        if (events.length > 0 || !live || signal.aborted || ports.clock.monotonicMs() >= until) {
          return {
            items: events.map((event) => eventOf(ports, event)),
            next: events.at(-1)?.seq ?? after,
            live: live || events.length === limit,
          };
        }
        await ports.clock.sleep(lookAgainMs);
      }
    }),
    serve(cancelRun, async ({ id, reason }, context) => {
      const run = await readable(ports, id, context.actor);
      requireReach(context.actor, 'tasks:write', run.target.name);
      if (run.endedAt !== null) throw hasEnded(run);
      await ports.cancelTask(run.taskId, reason, context);
      return detailOf(ports, await readable(ports, id, context.actor));
    }),
  ];
}

async function readable(ports: RunPorts, id: string, actor: Actor): Promise<RunSummary> {
  const run = await ports.runQueries.one(id);
  if (run === null) {
    throw new AppError({
      kind: 'not_found',
      code: 'run_not_found',
      message: `There is no run ${id}.`,
      next: '`claude-manager runs list` prints the ids.',
      details: { id },
    });
  }
  requireReach(actor, 'tasks:read', run.target.name);
  return run;
}

function itemOf({ settings }: Pick<RunPorts, 'settings'>, run: RunSummary): RunItem {
  const { id, taskId, taskTitle, attempt, agent, outcome, reason, summary, costUsd } = run;
  return {
    id,
    taskId,
    taskTitle,
    target: run.target.name,
    attempt,
    agent,
    sandbox: run.sandbox,
    live: run.endedAt === null,
    outcome,
    reason,
    summary,
    costUsd,
    budgetUsd: settings.policyOf(run.target).budget.perRunUsd,
    baseCommit: run.baseCommit,
    startedAt: run.startedAt.toISOString(),
    endedAt: run.endedAt?.toISOString() ?? null,
    lastEventAt: run.lastEventAt?.toISOString() ?? null,
    lastSeq: run.lastSeq,
    checks: {
      passed: run.checks.filter(({ passed }) => passed).length,
      failed: run.checks.filter(({ passed }) => !passed).length,
    },
  };
}

function detailOf(ports: Pick<RunPorts, 'settings' | 'redact'>, run: RunSummary): RunDetail {
  const { timeoutMinutes, stallMinutes } = ports.settings.policyOf(run.target).budget;
  return {
    ...itemOf(ports, run),
    usage: run.usage === null ? null : { ...run.usage },
    checkResults: run.checks.map((check) => ({ ...check, output: ports.redact(check.output) })),
    hasPatch: run.hasPatch,
    timeoutMinutes,
    stallMinutes,
    correlationId: run.correlationId,
  };
}

/** Stored events are redacted when they are written; what became a secret since is taken out here. */
function eventOf(
  { redact }: Pick<RunPorts, 'redact'>,
  { seq, at, event }: Awaited<ReturnType<RunStore['events']>>[number],
): RunEvent {
  return {
    seq,
    at: at.toISOString(),
    event: JSON.parse(redact(JSON.stringify(event))) as RunEvent['event'],
  };
}

function hasEnded({ id, outcome }: RunSummary): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'run_has_ended',
    message: `Run ${id} has already ended as ${outcome?.replaceAll('_', ' ')}.`,
    next: 'Look at its task to see what came of it.',
    details: { id, outcome },
  });
}
