import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../lib/app-error.ts';
import type { Checkpoint } from '../../lib/checkpoint.ts';
import type { Random } from '../../lib/random.ts';
import type { AttemptRef } from '../../pipeline/execute/attempt.ts';
import type { RoundRef } from '../../pipeline/follow/round.ts';
import { roundWorkflow } from '../../pipeline/follow/round-workflow.ts';
import type { PipelinePorts } from '../../pipeline/pipeline-ports.ts';
import type { Steps } from '../../pipeline/workflows.ts';
import { attemptWorkflow } from '../../pipeline/workflows.ts';
import type { DurableEngine, WorkflowDriver } from '../../platform/durable/engine.ts';
import { createDurableEngine } from '../../platform/durable/engine.ts';
import { startPeriodic } from '../../platform/durable/periodic.ts';
import { withContext } from '../../platform/logging/context.ts';
import type { Telemetry } from '../../platform/telemetry/telemetry.ts';
import { agentQueue, attemptName, isOfRun, type LoopParts, roundName } from './open-loop.ts';
import { createStartWatch } from './watch-starts.ts';

/** The agents of this process at work. */
export interface EngineRooms {
  readonly driver: WorkflowDriver;
  /** Looks for work that another process has queued. */
  look(): void;
  /** Takes nothing new, gives what is at work so long to end, and leaves the rest to the others or the next start. */
  drain(drainMs: number): Promise<void>;
  /** Aborted when this process can do no more work: it was silent and others went on without it. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

export interface EngineParts extends Pick<LoopParts, 'store' | 'pipeline' | 'config'> {
  readonly random: Random;
  readonly telemetry: Pick<Telemetry, 'measure' | 'record'>;
  /** Ends agents that dead services left running on this machine. */
  readonly endLeftovers: () => Promise<void>;
}

/** Workflows of another version are not taken over; raise it only when old ones must not go on. */
const workflowVersion = 'attempt-1';

const leftoversEveryMs = 60_000;

/** Launches the engine and takes over what a dead one left. The claim on the service must be held. */
export async function openEngine(parts: EngineParts): Promise<EngineRooms> {
  const { store, pipeline } = parts;
  const { clock } = pipeline;
  const deps = { clock, random: parts.random, log: engineLogOf(pipeline) };
  await parts.endLeftovers();
  const lost = new AbortController();
  const onTakenOver = (): void => lost.abort(takenOver());
  const engine = createDurableEngine(
    { database: store.database, applicationVersion: workflowVersion, pollMs: 200, onTakenOver },
    deps,
  );
  register(engine, parts);
  engine.defineQueue(agentQueue, { perProcess: parts.config().executor.maxConcurrent });
  await engine.launch();
  await sweepWorkspaces(pipeline);
  const stopWatching = watchCanceled(engine, pipeline);
  const leftovers = { name: 'leftovers', everyMs: leftoversEveryMs, work: parts.endLeftovers };
  const stopSweeping = startPeriodic(leftovers, deps);
  return {
    driver: engine,
    look: () => engine.look(),
    lost: lost.signal,
    drain: async (drainMs) => await engine.shutdown({ drainMs }),
    close: async () => {
      stopWatching.abort();
      await stopSweeping();
      await engine.shutdown({ drainMs: 1000 });
    },
  };
}

function register(
  engine: DurableEngine,
  { store, pipeline, telemetry, config }: EngineParts,
): void {
  const starts = createStartWatch({
    tasks: pipeline.tasks,
    telemetry,
    clock: pipeline.clock,
    log: pipeline.log,
    workers: config().executor.maxConcurrent,
  });
  engine.register(attemptName, async (context, ref: AttemptRef) =>
    withContext(
      {
        correlationId: (await unitOf(pipeline, ref.taskId)) ?? context.workflowId,
        operation: 'attempt',
        userId: 'pipeline',
      },
      () =>
        telemetry.measure(
          'job',
          'attempt',
          () =>
            starts.atWork(() =>
              attemptWorkflow(
                pipeline,
                starts.watched(withCheckpoints(context, store.checkpoint), ref),
                ref,
              ),
            ),
          (outcome) => (isBad(outcome) ? 'failed' : 'ok'),
        ),
    ),
  );
  engine.register(roundName, async (context, ref: RoundRef) =>
    withContext(
      {
        correlationId: (await unitOf(pipeline, ref.taskId)) ?? context.workflowId,
        operation: 'round',
        userId: 'pipeline',
      },
      () =>
        telemetry.measure(
          'job',
          'round',
          () =>
            starts.atWork(() =>
              roundWorkflow(pipeline, withCheckpoints(context, store.checkpoint), ref),
            ),
          (outcome) => (isBad(outcome) ? 'failed' : 'ok'),
        ),
    ),
  );
}

/** Work goes on under the id of the call or the delivery that approved it. */
async function unitOf({ tasks }: PipelinePorts, taskId: string): Promise<string | null> {
  return (await tasks.approval(taskId))?.correlationId ?? null;
}

/** Ends of an attempt that nobody wanted; to be stopped, or to find nothing to do, is none. */
function isBad(outcome: string): boolean {
  return ['failed', 'timed_out', 'stalled', 'over_budget', 'blocked_by_policy'].includes(outcome);
}

/** Every step can be cut off where it begins and where it has ended, before the engine has noted its end. */
function withCheckpoints(steps: Steps, checkpoint: Checkpoint): Steps {
  return {
    step: (name, body) =>
      steps.step(name, async (signal) => {
        await checkpoint(`attempt.${name}`);
        const result = await body(signal);
        await checkpoint(`attempt.${name}.ended`);
        return result;
      }),
  };
}

/** A task that a person canceled stops its agent, whichever process the person used and whichever runs the agent. */
function watchCanceled(
  engine: DurableEngine,
  { runs, tasks, log }: PipelinePorts,
): AbortController {
  const stop = new AbortController();
  const look = async (): Promise<void> => {
    for (;;) {
      // What waits in a queue begins at once where nothing is at work, and is stopped then.
      await engine.untilAtWork(stop.signal);
      if (stop.signal.aborted) return;
      for (const run of await runs.live()) {
        const task = await tasks.get(run.taskId);
        const isTakenBack = task?.attention === 'approval_void';
        if (task?.state !== 'canceled' && !isTakenBack) continue;
        const isMeant = (id: string): boolean => isOfRun(id, run);
        const live = await engine.list({ states: ['queued', 'running'] });
        for (const { id } of live) if (isMeant(id)) await engine.cancel(id);
        engine.stopHere(isMeant);
      }
      await delay(1000, undefined, { signal: stop.signal });
    }
  };
  // A database that is away for a while must not end the service.
  const keepLooking = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await look().catch((error: unknown) => {
        if (!stop.signal.aborted) log.warn('canceled runs could not be looked for', { error });
      });
      await delay(1000, undefined, { signal: stop.signal }).catch(() => undefined); // stopped
    }
  };
  void keepLooking();
  return stop;
}

/** Workspaces of runs that are no longer at work were left by a dead service. */
async function sweepWorkspaces({ runs, workspaces }: PipelinePorts): Promise<void> {
  const live = await runs.live();
  await workspaces.sweep(new Set(live.map(({ id }) => id)));
}

/** The engine and what stands round it give facts first, as pino does. */
export function engineLogOf({
  log,
}: Pick<PipelinePorts, 'log'>): Parameters<typeof createDurableEngine>[1]['log'] {
  return {
    debug: (facts, message) => log.debug(message, facts),
    info: (facts, message) => log.info(message, facts),
    warn: (facts, message) => log.warn(message, facts),
    error: (facts, message) => log.error(message, facts),
  };
}

function takenOver(): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'work_taken_over',
    message: 'This process was stopped or cut off for so long that another one took its work over.',
    next: 'Start it again; its supervisor does so by itself.',
  });
}
