import { DBOS } from '@dbos-inc/dbos-sdk';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Random } from '../../lib/random.ts';
import type { Database } from '../database/database.ts';
import { takeSessionLock } from '../database/session-lock.ts';
import { applicationName } from './application-name.ts';
import { engineLog } from './engine-log.ts';
import { restUnusedParts, setEnginePace } from './engine-pace.ts';
import { freeEngineSlot, takeEngineSlot } from './engine-slot.ts';
import { engineUrl } from './engine-url.ts';
import { createExecutor } from './executor.ts';
import { startPeriodic } from './periodic.ts';
import { createSteps, type StepContext, type Steps } from './steps.ts';
import { engineStates, viewOf, type WorkflowState, type WorkflowView } from './workflow-view.ts';

export interface QueueOptions {
  /** At most so many at once in this process. */
  readonly perProcess?: number | undefined;
  /** At most so many at once in all processes. */
  readonly overall?: number | undefined;
}

export interface StartOptions {
  readonly queue?: string | undefined;
  /** In the queue: the lower, the sooner; 0 when left out. */
  readonly priority?: number | undefined;
}

/** Starts work and looks after it, wherever it is done. */
export interface WorkflowDriver {
  /** Starts, or queues, a workflow; with an id that is known it does nothing. */
  start(name: string, workflowId: string, input: unknown, options?: StartOptions): Promise<void>;
  status(workflowId: string): Promise<WorkflowView | undefined>;
  /** Newest first, without inputs and outputs. */
  list(filter?: {
    readonly states?: readonly WorkflowState[] | undefined;
    readonly limit?: number | undefined;
  }): Promise<readonly WorkflowView[]>;
  cancel(workflowId: string): Promise<void>;
}

/** Work that survives crashes, on PostgreSQL. */
export interface DurableEngine extends WorkflowDriver {
  readonly executorId: string;
  /** Before `launch`. The name is kept in the database and never changes its meaning. */
  register(name: string, workflow: (context: StepContext, input: never) => Promise<unknown>): void;
  /** Before `launch`. */
  defineQueue(name: string, options: QueueOptions): void;
  /** Begins to work, and takes over what dead executors of this database left. A launch that fails has shut down. */
  launch(): Promise<void>;
  /** Resolves once a workflow is under way in this process, or the signal fires. */
  untilAtWork(signal: AbortSignal): Promise<void>;
  /** Looks for queued work now: another process has queued some. */
  look(): void;
  /** Tells the steps of these workflows that run in this process to end, whoever canceled them. */
  stopHere(isMeant: (workflowId: string) => boolean): void;
  /** Calls the function now and then about every so many milliseconds; not durable. Answers how to stop. */
  schedule(name: string, everyMs: number, work: () => Promise<void>): () => Promise<void>;
  /** Takes no new work, waits so long for what runs, then leaves the rest to the next start. */
  shutdown(options: { readonly drainMs: number }): Promise<void>;
}

export interface DurableEngineOptions {
  readonly database: Pick<Database, 'url' | 'pool'>;
  /** Pinned: work of another version is not taken over. Raise it only when old workflows must not go on. */
  readonly applicationVersion: string;
  /** How often a process at work looks at its queues, 500 when not told. */
  readonly pollMs?: number | undefined;
  /** How often one at rest does, 9000 when not told; work of its own, and what it is told of, begins at once. */
  readonly restMs?: number | undefined;
  /** The executor's lock went with its connection: hold back effects. */
  readonly onLost?: (() => void) | undefined;
  readonly onRegained?: (() => void) | undefined;
  /**
   * This process was silent for so long that another one took its work over. Its steps are told to end and leave no
   * result; it can do no more work and should end.
   */
  readonly onTakenOver?: (() => void) | undefined;
}

export interface DurableEngineDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Below the ten seconds after which the engine's pool closes a connection that rests: a new one costs more than the look. */
const usualRestMs = 9000;

type Registered = (input: unknown) => Promise<unknown>;

/** Builds the one engine of this process. Throws AppError `engine_already_running` (kind conflict) for a second one. */
export function createDurableEngine(
  options: DurableEngineOptions,
  deps: DurableEngineDeps,
): DurableEngine {
  takeEngineSlot();
  const workflows = new Map<string, Registered>();
  const queues = new Map<string, QueueOptions>();
  const periodics = new Set<() => Promise<void>>();
  const resting = new Set<() => void>();
  const steps = createSteps(() => {
    pace.stir();
    if (steps.isUnderWay()) for (const begun of resting) begun();
  });
  const pace = setEnginePace({
    isBusy: () => steps.isUnderWay(),
    queues: () => queues.keys(),
    restMs: options.restMs ?? usualRestMs,
  });
  let stopping: Promise<void> | undefined;
  const executor = createExecutor(
    {
      ...options,
      onRecovered: () => pace.look(),
      onTakenOver: () => {
        steps.interrupt();
        options.onTakenOver?.();
      },
    },
    deps,
  );
  const shutdown = async (drainMs: number): Promise<void> => {
    stopping ??= (async () => {
      await Promise.all([...periodics].map(async (stop) => await stop()));
      await executor.stopWatching();
      await shutDown(drainMs, steps, deps.clock);
      await executor.leave();
      pace.end();
      freeEngineSlot();
    })();
    await stopping;
  };
  DBOS.setConfig({
    name: applicationName,
    systemDatabaseUrl: engineUrl(options.database.url),
    systemDatabasePoolSize: 8,
    applicationVersion: options.applicationVersion,
    executorID: executor.id,
    enablePatching: true,
    // For messages, events and streams between workflows, which nothing here uses; it would wake a hundred times a second.
    useListenNotify: false,
    logger: engineLog(deps.log),
  });
  return {
    executorId: executor.id,
    register: (name, workflow) => {
      const run: Registered = async (input) =>
        await steps.within(async (context) => await workflow(context, input as never));
      workflows.set(name, DBOS.registerWorkflow(run, { name }));
    },
    defineQueue: (name, queue) => {
      queues.set(name, queue);
    },
    launch: async () => {
      try {
        await executor.enroll();
        await launchAlone(options.database.url, deps);
        for (const [name, queue] of queues) await registerQueue(name, queue, options.pollMs ?? 500);
        await executor.watch();
      } catch (error) {
        await shutdown(0);
        throw error;
      }
    },
    untilAtWork: async (signal) => {
      if (steps.isUnderWay() || signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const begun = (): void => resolve();
      resting.add(begun);
      signal.addEventListener('abort', begun);
      await promise;
      signal.removeEventListener('abort', begun);
      resting.delete(begun);
    },
    look: () => pace.look(),
    stopHere: (isMeant) => steps.stop(isMeant),
    start: async (name, workflowId, input, { queue, priority } = {}) => {
      const workflow = workflows.get(name);
      if (workflow === undefined) throw unknownWorkflow(name);
      const queued =
        queue === undefined
          ? {}
          : { queueName: queue, enqueueOptions: { priority: priority ?? 0 } };
      await DBOS.startWorkflow(workflow, { workflowID: workflowId, ...queued })(input);
      if (queue !== undefined) pace.look();
    },
    cancel: async (workflowId) => await DBOS.cancelWorkflow(workflowId),
    status: async (workflowId) => {
      const found = await DBOS.getWorkflowStatus(workflowId);
      return found === null ? undefined : viewOf(found);
    },
    list: async ({ states, limit } = {}) => {
      const found = await DBOS.listWorkflows({
        ...(states === undefined ? {} : { status: engineStates(states) }),
        limit: limit ?? 1000,
        sortDesc: true,
        loadInput: false,
        loadOutput: false,
      });
      return found.map(viewOf);
    },
    schedule: (name, everyMs, work) => {
      const stop = startPeriodic({ name, everyMs, work }, deps);
      periodics.add(stop);
      return async () => {
        periodics.delete(stop);
        await stop();
      };
    },
    shutdown: async ({ drainMs }) => await shutdown(drainMs),
  };
}

/**
 * Two first launches would make the engine's tables at once, and one fail. The lock is asked for again and again, for a
 * session that waits inside a statement would block the engine's concurrent index builds.
 */
async function launchAlone(url: string, deps: DurableEngineDeps): Promise<void> {
  const lock = { url, name: 'engine launch', label: `cms-launch ${process.pid}` };
  for (;;) {
    const taken = await takeSessionLock(lock, deps);
    if (taken === undefined) {
      await deps.clock.sleep(100);
      continue;
    }
    try {
      await DBOS.launch();
      restUnusedParts();
      return;
    } finally {
      await taken.release();
    }
  }
}

/** Stops dispatching at once and drains; then steps still running hear it and get a moment to clean up. */
async function shutDown(drainMs: number, steps: Steps, clock: Clock): Promise<void> {
  const finished = new AbortController();
  const timer = clock.sleep(drainMs, finished.signal).then(
    () => steps.interrupt(),
    () => undefined,
  );
  await DBOS.shutdown({ workflowCompletionTimeoutMS: drainMs, deregister: true });
  await steps.settled(clock);
  finished.abort();
  await timer;
}

async function registerQueue(name: string, queue: QueueOptions, pollMs: number): Promise<void> {
  await DBOS.registerQueue(name, {
    ...(queue.perProcess === undefined ? {} : { workerConcurrency: queue.perProcess }),
    ...(queue.overall === undefined ? {} : { globalConcurrency: queue.overall }),
    minPollingIntervalMs: pollMs,
    onConflict: 'always_update',
  });
}

function unknownWorkflow(name: string): AppError {
  return new AppError({
    kind: 'internal',
    code: 'workflow_unknown',
    message: `No workflow ${name} is registered.`,
  });
}
