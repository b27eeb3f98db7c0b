import type { Telemetry } from './telemetry.ts';

/** What the service is to keep, and what is counted for it. */
export interface Objective {
  /** In words, for people. */
  readonly promise: string;
  /** What counts, and when it counts as bad. */
  readonly counted: string;
  /** Share of what counts that must be good; 1: nothing may be bad. */
  readonly target: number;
  /** What took longer is bad, however it ended; null where only the end counts. */
  readonly withinMs: number | null;
}

/**
 * Every objective of the service. The page of them, the alerts, the rules for Prometheus and what is measured are made from
 * this. A percentile is kept as a share: 99 % within a second is a 99th percentile below a second.
 */
export const objectives = {
  availability: {
    promise: '99.9 % of operations succeed',
    counted:
      'each operation that passed the gate; bad when it failed by our fault or that of somebody we need (`alerts.availability` sets the share)',
    target: 0.999,
    withinMs: null,
  },
  webhook_stored: {
    promise: '99 % of deliveries are stored within 1 s',
    counted:
      'each delivery that is signed well, from its first byte until it is on disk; bad when that took longer or failed',
    target: 0.99,
    withinMs: 1000,
  },
  approval_started: {
    promise: '95 % of approved tasks start within 60 s',
    counted:
      'each first attempt, from the approval until it begins; time in which people hold it (a pause, quiet hours, a budget) or it waits for its turn does not count',
    target: 0.95,
    withinMs: 60_000,
  },
  effects_once: {
    promise: 'nothing is written twice',
    counted:
      'each text of ours that is read back from GitHub (the newest hundred comments, and the newest hundred issues and pull requests, of each repository that is looked at); bad when the same write stands in two places',
    target: 1,
    withinMs: null,
  },
} as const satisfies Readonly<Record<string, Objective>>;

export type ObjectiveName = keyof typeof objectives;

/** Those that have a count of their own; availability is that of all operations. */
export type CountedObjective = Exclude<ObjectiveName, 'availability'>;
export const countedObjectives: readonly CountedObjective[] = [
  'webhook_stored',
  'approval_started',
  'effects_once',
];

/** Counts one event of an objective as good or bad. */
export function countObjective(
  telemetry: Pick<Telemetry, 'record'>,
  name: CountedObjective,
  {
    durationMs,
    isDone,
    correlationId,
  }: {
    readonly durationMs: number;
    readonly isDone: boolean;
    readonly correlationId: string | null;
  },
): void {
  const { withinMs } = objectives[name];
  const isGood = isDone && (withinMs === null || durationMs <= withinMs);
  const outcome = isGood ? 'ok' : 'failed';
  // A wait is no step of a trace.
  const counted = { area: 'objective', name, outcome, durationMs, correlationId } as const;
  telemetry.record({ ...counted, trace: null });
}
