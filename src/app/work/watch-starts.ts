import type { TaskStore } from '../../domain/ports/stores.ts';
import type { Clock } from '../../lib/clock.ts';
import type { AttemptRef } from '../../pipeline/execute/attempt.ts';
import type { PipelineLog } from '../../pipeline/pipeline-ports.ts';
import type { Steps } from '../../pipeline/workflows.ts';
import { countObjective } from '../../platform/telemetry/objectives.ts';
import type { Telemetry } from '../../platform/telemetry/telemetry.ts';

export interface StartWatch {
  /** The steps of an attempt, of which the first tells how long an approval waited for it. */
  watched(steps: Steps, ref: AttemptRef): Steps;
  /** Runs the body as one of those that this process works on. */
  atWork<T>(body: () => Promise<T>): Promise<T>;
}

/**
 * Measures the wait from an approval until its first attempt begins. What people held, and the time in which every worker of
 * this process had something to do, is taken off: nobody could have begun earlier.
 */
export function createStartWatch({
  tasks,
  telemetry,
  clock,
  log,
  workers,
}: {
  readonly tasks: Pick<TaskStore, 'approval'>;
  readonly telemetry: Pick<Telemetry, 'record'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Pick<PipelineLog, 'warn'>;
  readonly workers: number;
}): StartWatch {
  let busy = 0;
  let fullUntil = 0;
  const begun = async ({ taskId, heldUntil }: AttemptRef): Promise<void> => {
    const approval = await tasks.approval(taskId);
    if (approval === null) return;
    const ready = Math.max(
      approval.decidedAt.getTime(),
      heldUntil === undefined ? 0 : Date.parse(heldUntil),
      fullUntil,
    );
    // The clock of a code host may be ahead of ours.
    const durationMs = Math.max(0, clock.now().getTime() - ready);
    const { correlationId } = approval;
    countObjective(telemetry, 'approval_started', { durationMs, isDone: true, correlationId });
  };
  return {
    watched: (steps, ref) => ({
      step: (name, body) =>
        steps.step(name, async (signal) => {
          const result = await body(signal);
          if (name === 'begin' && ref.attempt === 1 && result === true)
            // The work has begun, whatever becomes of a figure.
            await begun(ref).catch((error: unknown) => {
              log.warn('how long an approval waited could not be counted', { error });
            });
          return result;
        }),
    }),
    atWork: async (body) => {
      busy += 1;
      try {
        return await body();
      } finally {
        if (busy >= workers) fullUntil = clock.now().getTime();
        busy -= 1;
      }
    },
  };
}
