import type { WorkflowStatus } from '@dbos-inc/dbos-sdk';
import { messageOf } from '../../lib/app-error.ts';

export type WorkflowState = 'queued' | 'running' | 'succeeded' | 'failed' | 'canceled';

/** One workflow as others may see it. */
export interface WorkflowView {
  readonly id: string;
  readonly name: string;
  readonly state: WorkflowState;
  readonly queue: string | undefined;
  /** The executor that runs it or ran it last. */
  readonly executorId: string | undefined;
  readonly createdAt: Date;
  /** What it returned, once succeeded. */
  readonly output: unknown;
  /** Why it failed. */
  readonly error: string | undefined;
}

type EngineState =
  | 'PENDING'
  | 'SUCCESS'
  | 'ERROR'
  | 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'
  | 'CANCELLED'
  | 'ENQUEUED'
  | 'DELAYED';

const engineStatesOf: Readonly<Record<WorkflowState, readonly EngineState[]>> = {
  queued: ['ENQUEUED', 'DELAYED'],
  running: ['PENDING'],
  succeeded: ['SUCCESS'],
  failed: ['ERROR', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'],
  canceled: ['CANCELLED'],
};

/** The engine's names for these states. */
export function engineStates(states: readonly WorkflowState[]): EngineState[] {
  return states.flatMap((state) => engineStatesOf[state]);
}

export function viewOf(status: WorkflowStatus): WorkflowView {
  return {
    id: status.workflowID,
    name: status.workflowName,
    state: stateOf(status.status),
    queue: status.queueName,
    executorId: status.executorId,
    createdAt: new Date(status.createdAt),
    output: status.output,
    error:
      status.error === undefined || status.error === null ? undefined : messageOf(status.error),
  };
}

function stateOf(engineState: string): WorkflowState {
  const found = Object.entries(engineStatesOf).find(([, states]) =>
    (states as readonly string[]).includes(engineState),
  );
  return (found?.[0] ?? 'running') as WorkflowState;
}
