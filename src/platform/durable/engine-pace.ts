import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor';
import { wfQueueRunner } from '@dbos-inc/dbos-sdk/internal/wfqueue';
import { workflowTimeoutConfig } from '@dbos-inc/dbos-sdk/internal/workflow_management';

/** How often the engine asks the database for work, which alone would cost more than all else of a service at rest. */
export interface EnginePace {
  /** Asks for work now; a look that is under way is followed by another one. */
  look(): void;
  /** Work has begun or ended here: from now on the queues' own pace holds for a while. */
  stir(): void;
  /** Gives the engine its own pace back. */
  end(): void;
}

interface QueueState {
  readonly queue: { readonly name: string };
  nextPollAt: number;
  readonly currentPollingMs: number;
}

/** The parts of the engine's queue runner that set its pace. */
interface QueueRunner {
  readonly states: ReadonlyMap<string, QueueState>;
  scheduleDueQueues(
    engine: unknown,
    now: number,
    most: number,
    underWay: ReadonlyMap<string, unknown>,
    wake: () => void,
  ): void;
  adjustInterval(engine: unknown, state: QueueState, contention: boolean): void;
}

/** Work that ended makes room for what waits, and more may follow. */
const stirredMs = 1000;
/** What we do not use: deadlines and delays of workflows, queues of others and those made while the engine runs. */
const unusedEveryMs = 60_000;

/**
 * While this process is busy its queues are looked at as often as they say; at rest now and then, and at once when
 * somebody says that work was queued. The engine has no setting for it, so this reaches into its queue runner (DBOS 5.3.0,
 * pinned): look here at each upgrade. `queues` are known to be registered once the runner has found them.
 */
export function setEnginePace({
  isBusy,
  queues,
  restMs,
}: {
  readonly isBusy: () => boolean;
  readonly queues: () => Iterable<string>;
  /** Between two looks at rest. */
  readonly restMs: number;
}): EnginePace {
  const runner = wfQueueRunner as unknown as QueueRunner;
  const intervals = wfQueueRunner.constructor as unknown as {
    reconcileIntervalMs: number;
    transitionIntervalMs: number;
  };
  const before = { ...intervals, pollingIntervalMs: workflowTimeoutConfig.pollingIntervalMs };
  const schedule = runner.scheduleDueQueues.bind(runner);
  const adjust = runner.adjustInterval.bind(runner);
  const wanted = new Set<string>();
  let wake: () => void = () => undefined;
  let isSettled = false;
  let stirredAt = -Infinity;

  runner.scheduleDueQueues = (engine, now, most, underWay, wakeLoop) => {
    wake = wakeLoop;
    // The runner reckons by the wall clock; one that was put back would make a look wait for as long.
    for (const state of runner.states.values())
      if (state.nextPollAt > now + 2 * unusedEveryMs) state.nextPollAt = now;
    for (const name of wanted) {
      const state = runner.states.get(name);
      if (state !== undefined && underWay.has(name)) continue;
      wanted.delete(name);
      if (state !== undefined) state.nextPollAt = 0;
    }
    if (!isSettled && [...queues()].every((name) => runner.states.has(name))) {
      isSettled = true;
      intervals.reconcileIntervalMs = unusedEveryMs;
    }
    schedule(engine, now, most, underWay, wakeLoop);
  };
  runner.adjustInterval = (engine, state, contention) => {
    adjust(engine, state, contention);
    if (isBusy() || performance.now() - stirredAt <= stirredMs) return;
    const isOurs = [...queues()].includes(state.queue.name);
    state.nextPollAt = Math.max(state.nextPollAt, Date.now() + (isOurs ? restMs : unusedEveryMs));
  };
  intervals.transitionIntervalMs = unusedEveryMs;
  workflowTimeoutConfig.pollingIntervalMs = unusedEveryMs;
  return {
    look: () => {
      for (const name of runner.states.keys()) wanted.add(name);
      wake();
    },
    stir: () => {
      stirredAt = performance.now();
      for (const state of runner.states.values())
        state.nextPollAt = Math.min(state.nextPollAt, Date.now() + state.currentPollingMs);
      wake();
    },
    end: () => {
      // Back to those of its class.
      Reflect.deleteProperty(runner, 'scheduleDueQueues');
      Reflect.deleteProperty(runner, 'adjustInterval');
      intervals.reconcileIntervalMs = before.reconcileIntervalMs;
      intervals.transitionIntervalMs = before.transitionIntervalMs;
      workflowTimeoutConfig.pollingIntervalMs = before.pollingIntervalMs;
    },
  };
}

/** Where the engine looks for schedules, every second in its first minute and twice a minute after it. */
interface ScheduleList {
  listSchedules(): Promise<readonly unknown[]>;
}

/** The part of the engine that sends its own traces and log lines to a collector, ten times a second also when there is none. */
interface SignalSender {
  signalBufferID: NodeJS.Timeout;
  processAndExportSignals(): Promise<void>;
}

/**
 * Lets the launched engine look every minute for signals of its own, and ask nobody for schedules: we give it nowhere to
 * send the first and make none of the second, and ours go another way. It ends the timer itself. No setting either: look
 * here at each upgrade.
 */
export function restUnusedParts(): void {
  const engine = DBOSExecutor.globalInstance;
  const schedules = engine?.systemDatabase as unknown as ScheduleList | undefined;
  if (schedules !== undefined) schedules.listSchedules = async () => [];
  const logger = engine?.logger as unknown as
    | { readonly telemetryCollector?: SignalSender }
    | undefined;
  const sender = logger?.telemetryCollector;
  if (sender === undefined) return;
  clearInterval(sender.signalBufferID);
  sender.signalBufferID = setInterval(() => void sender.processAndExportSignals(), unusedEveryMs);
}
