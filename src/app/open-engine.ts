import { setTimeout as delay } from 'node:timers/promises';
import type { RepositoryRef } from '../domain/repository.ts';
import { AppError } from '../lib/app-error.ts';
import type { Checkpoint } from '../lib/checkpoint.ts';
import type { Random } from '../lib/random.ts';
import type { ServicePorts } from '../operations/service/run-service.ts';
import type { CyclePorts } from '../pipeline/cycle-ports.ts';
import type { AttemptRef } from '../pipeline/execute/attempt.ts';
import { workflowIdOf } from '../pipeline/execute/attempt.ts';
import { noteFailedStart } from '../pipeline/execute/begin.ts';
import { repairRuns } from '../pipeline/execute/repair.ts';
import { noteFailedRound } from '../pipeline/follow/begin-round.ts';
import { isRoundOf, type RoundRef, roundWorkflowIdOf } from '../pipeline/follow/round.ts';
import { roundWorkflow } from '../pipeline/follow/round-workflow.ts';
import type { PipelinePorts } from '../pipeline/pipeline-ports.ts';
import type { Steps } from '../pipeline/workflows.ts';
import { attemptWorkflow } from '../pipeline/workflows.ts';
import type { Config } from '../platform/config/schema.ts';
import { claimService } from '../platform/database/service-claim.ts';
import type { DurableEngine } from '../platform/durable/engine.ts';
import { createDurableEngine } from '../platform/durable/engine.ts';
import { withContext } from '../platform/logging/context.ts';
import type { Telemetry } from '../platform/telemetry/telemetry.ts';
import type { StoreRooms } from './open-store.ts';

/** Kept in the database: never changes its meaning. */
export const attemptName = 'attempt';
export const roundName = 'round';
export const agentQueue = 'agents';

/** The running loop of this process: the engine, and what turns the cycle. */
export interface EngineRooms {
  readonly service: ServicePorts;
  readonly cycle: CyclePorts;
  close(): Promise<void>;
}

export interface EngineParts {
  readonly random: Random;
  readonly store: StoreRooms;
  readonly telemetry: Pick<Telemetry, 'measure'>;
  readonly pipeline: PipelinePorts;
  readonly config: () => Config;
  readonly repositories: () => Promise<readonly RepositoryRef[]>;
  readonly scan: CyclePorts['scan'];
  /** Ends agents that a dead service left running. */
  readonly endLeftovers: () => Promise<void>;
  /** Nothing new is started while it is true. */
  readonly isHeld: () => boolean;
}

/** Workflows of another version are not taken over; raise it only when old ones must not go on. */
const workflowVersion = 'attempt-1';

/** Claims the data folder, launches the engine and takes over what a dead one left. */
export async function openEngine(parts: EngineParts): Promise<EngineRooms> {
  const { store, pipeline } = parts;
  const { clock } = pipeline;
  const log = engineLogOf(pipeline);
  const deps = { clock, random: parts.random, log };
  const claim = await claimService(store.database, deps);
  try {
    // Not before the claim: these may be the agents of a living service.
    await parts.endLeftovers();
    const engine = createDurableEngine(
      { database: store.database, applicationVersion: workflowVersion, pollMs: 200 },
      deps,
    );
    engine.register(attemptName, async (context, ref: AttemptRef) =>
      withContext(
        {
          correlationId: (await unitOf(pipeline, ref.taskId)) ?? context.workflowId,
          operation: 'attempt',
          userId: 'pipeline',
        },
        () =>
          parts.telemetry.measure(
            'job',
            'attempt',
            () => attemptWorkflow(pipeline, withCheckpoints(context, store.checkpoint), ref),
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
          parts.telemetry.measure(
            'job',
            'round',
            () => roundWorkflow(pipeline, withCheckpoints(context, store.checkpoint), ref),
            (outcome) => (isBad(outcome) ? 'failed' : 'ok'),
          ),
      ),
    );
    engine.defineQueue(agentQueue, { perProcess: parts.config().executor.maxConcurrent });
    await engine.launch();
    await sweepWorkspaces(pipeline);
    const stopWatching = watchCanceled(engine, pipeline);
    return {
      ...portsOf(parts, engine),
      close: async () => {
        stopWatching.abort();
        await engine.shutdown({ drainMs: 1000 });
        await claim.release();
      },
    };
  } catch (error) {
    await claim.release();
    throw error;
  }
}

/** Work goes on under the id of the call or the delivery that approved it. */
async function unitOf({ tasks }: PipelinePorts, taskId: string): Promise<string | null> {
  return (await tasks.approval(taskId))?.correlationId ?? null;
}

/** Ends of an attempt that nobody wanted; to be stopped, or to find nothing to do, is none. */
function isBad(outcome: string): boolean {
  return ['failed', 'timed_out', 'stalled', 'over_budget', 'blocked_by_policy'].includes(outcome);
}

/** A page that was closed for longer reads everything again. */
const changesKeptMs = 3 * 86_400_000;

function portsOf(parts: EngineParts, engine: DurableEngine): Omit<EngineRooms, 'close'> {
  const cycle: CyclePorts = {
    ...parts.pipeline,
    scan: parts.scan,
    startAttempt: async (ref) => {
      if (parts.isHeld()) return false;
      const id = workflowIdOf(ref);
      const known = await engine.status(id);
      if (known !== undefined) {
        if (known.state !== 'queued' && known.state !== 'running') {
          await noteDeadStart(parts.pipeline, ref, known.error);
        }
        return false;
      }
      await engine.start(attemptName, id, ref, { queue: agentQueue });
      return true;
    },
    startRound: async (ref) => {
      if (parts.isHeld()) return false;
      const id = roundWorkflowIdOf(ref);
      const known = await engine.status(id);
      if (known !== undefined) {
        if (known.state !== 'queued' && known.state !== 'running') {
          await noteDeadRound(parts.pipeline, ref);
        }
        return false;
      }
      await engine.start(roundName, id, ref, { queue: agentQueue });
      return true;
    },
    settleLeftovers: async () => {
      await parts.store.changes.prune(
        new Date(parts.pipeline.clock.now().getTime() - changesKeptMs),
      );
      const { settled } = await parts.store.effects.settleAll();
      const live = new Set(
        (await engine.list({ states: ['queued', 'running'] })).map(({ id }) => id),
      );
      const isAtWork = async (run: AttemptRef): Promise<boolean> =>
        [...live].some(
          (id) =>
            id.split('.')[0] === workflowIdOf({ taskId: run.taskId, attempt: run.attempt }) ||
            isRoundOf(id, run.taskId),
        );
      return settled + (await repairRuns(parts.pipeline, isAtWork));
    },
  };
  const times = (): { scanMs: number; pollMs: number; drainMs: number } => {
    const { analyzer, github, executor } = parts.config();
    return {
      scanMs: analyzer.intervalMinutes * 60_000,
      pollMs: github.pollSeconds * 1000,
      drainMs: executor.drainMinutes * 60_000,
    };
  };
  return {
    cycle,
    service: {
      cycle,
      repositories: parts.repositories,
      busy: async () => (await engine.list({ states: ['queued', 'running'], limit: 1 })).length > 0,
      settleDue: () => parts.store.effects.settleAll(),
      allSeen: () => parts.store.reconciliation.finish(),
      times,
    },
  };
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

/** The workflow of this start ended while its task still waits: the note makes the next start a new one, after a while. */
async function noteDeadStart(
  pipeline: PipelinePorts,
  ref: AttemptRef,
  error: string | undefined,
): Promise<void> {
  const task = await pipeline.tasks.get(ref.taskId);
  if (task?.state !== 'approved' || task.version !== ref.version) return;
  const message = `The last start ended before the work began${error === undefined ? '' : `: ${error}`}.`;
  const cause = new AppError({ kind: 'unavailable', code: 'start_ended', message });
  await noteFailedStart(pipeline, ref, cause);
}

/** The workflow of this round ended while its task still is in review at that version: a later one gets a new id. */
async function noteDeadRound(pipeline: PipelinePorts, ref: RoundRef): Promise<void> {
  const task = await pipeline.tasks.get(ref.taskId);
  if (task?.state !== 'in_review' || task.version !== ref.version) return;
  const message = 'The last round ended before the work began.';
  const cause = new AppError({ kind: 'unavailable', code: 'start_ended', message });
  await noteFailedRound(pipeline, ref, cause);
}

/** A task that a person canceled stops its agent, whichever process the person used. */
function watchCanceled(
  engine: DurableEngine,
  { runs, tasks, log }: PipelinePorts,
): AbortController {
  const stop = new AbortController();
  const look = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      for (const run of await runs.live()) {
        const task = await tasks.get(run.taskId);
        const isTakenBack = task?.attention === 'approval_void';
        if (task?.state !== 'canceled' && !isTakenBack) continue;
        const prefix = workflowIdOf({ taskId: run.taskId, attempt: run.attempt });
        const live = await engine.list({ states: ['queued', 'running'] });
        for (const { id } of live) {
          if (id.split('.')[0] === prefix || isRoundOf(id, run.taskId)) await engine.cancel(id);
        }
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

function engineLogOf({ log }: PipelinePorts): Parameters<typeof createDurableEngine>[1]['log'] {
  return {
    debug: (facts, message) => log.debug(message, facts),
    info: (facts, message) => log.info(message, facts),
    warn: (facts, message) => log.warn(message, facts),
    error: (facts, message) => log.error(message, facts),
  };
}
