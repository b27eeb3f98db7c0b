import { DBOS } from '@dbos-inc/dbos-sdk';
import { toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { failureOf, type StepOutcome, valueOf } from './step-outcome.ts';

/** What a workflow may use. Between its steps it must be deterministic: the same input and step results, the same path. */
export interface StepContext {
  readonly workflowId: string;
  /** Fires when the workflow is canceled during a step, or when the drain of a shutdown is over. */
  readonly signal: AbortSignal;
  /**
   * Does the work once and remembers its result, which must survive JSON. Not retried. What it throws arrives as an
   * AppError without its cause, the first time as on replay. What ends after the drain is not remembered: it runs again.
   */
  step<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Sleeps so that a restart waits only for the rest. */
  sleep(ms: number): Promise<void>;
  /** False in a workflow that began before this change of its code was deployed. */
  patched(change: string): Promise<boolean>;
}

/** The steps under way in this process. */
export interface Steps {
  /** Runs a workflow with the context of the one that is running here. */
  within<T>(workflow: (context: StepContext) => Promise<T>): Promise<T>;
  /** Whether a workflow is under way. */
  isUnderWay(): boolean;
  /** Tells the steps of these workflows to end. */
  stop(isMeant: (workflowId: string) => boolean): void;
  /** Tells every step under way to end, and remembers no result from now on. */
  interrupt(): void;
  /** Waits until no step is under way, ten seconds at most. */
  settled(clock: Clock): Promise<void>;
}

const cleanUpMs = 10_000;

/** `onChange` is called when a workflow begins and when one ends. */
export function createSteps(onChange: () => void): Steps {
  const drained = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  const running = new Map<string, AbortController>();

  const attempt = async <T>(work: () => Promise<T>): Promise<StepOutcome<T>> => {
    const outcome = outcomeOf(work);
    underWay.add(outcome);
    const result = await outcome;
    underWay.delete(outcome);
    // Never settling is the only way to leave no result behind: the engine records errors, too.
    return drained.signal.aborted ? await new Promise<never>(() => undefined) : result;
  };
  return {
    within: async (workflow) => {
      const { workflowID } = DBOS;
      if (workflowID === undefined) throw new Error('not inside a workflow');
      const ended = new AbortController();
      const signal = AbortSignal.any([drained.signal, ended.signal]);
      const context: StepContext = {
        workflowId: workflowID,
        signal,
        step: async (name, work) => {
          const run = async () => {
            const canceled = DBOS.stepStatus?.cancelSignal;
            canceled?.addEventListener('abort', () => ended.abort(canceled.reason));
            return await attempt(async () => await work(signal));
          };
          return valueOf(await DBOS.runStep(run, { name }));
        },
        sleep: async (ms) => await DBOS.sleep(ms),
        patched: async (change) => await DBOS.patch(change),
      };
      running.set(workflowID, ended);
      onChange();
      try {
        return await workflow(context);
      } finally {
        if (running.get(workflowID) === ended) running.delete(workflowID);
        onChange();
      }
    },
    isUnderWay: () => running.size > 0,
    stop: (isMeant) => {
      for (const [workflowId, ended] of running) {
        if (isMeant(workflowId)) ended.abort(new Error('the workflow was canceled'));
      }
    },
    interrupt: () => drained.abort(new Error('the service is stopping')),
    settled: async (clock) => {
      const late = new AbortController();
      await Promise.race([
        Promise.allSettled(underWay),
        clock.sleep(cleanUpMs, late.signal).catch(() => undefined),
      ]);
      late.abort();
    },
  };
}

/** A failure is a result too, so that the workflow meets the same error on replay. */
async function outcomeOf<T>(work: () => Promise<T>): Promise<StepOutcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, failure: failureOf(toAppError(error)) };
  }
}
