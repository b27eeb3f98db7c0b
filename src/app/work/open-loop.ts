import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import type { ServicePorts } from '../../operations/service/run-service.ts';
import type { CyclePorts, Start, Turn } from '../../pipeline/cycle-ports.ts';
import { turns } from '../../pipeline/cycle-ports.ts';
import type { AttemptRef } from '../../pipeline/execute/attempt.ts';
import { workflowIdOf } from '../../pipeline/execute/attempt.ts';
import { noteFailedStart } from '../../pipeline/execute/begin.ts';
import { repairRuns } from '../../pipeline/execute/repair.ts';
import { noteFailedRound } from '../../pipeline/follow/begin-round.ts';
import { isRoundOf, type RoundRef, roundWorkflowIdOf } from '../../pipeline/follow/round.ts';
import type { PipelinePorts } from '../../pipeline/pipeline-ports.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { WorkflowDriver } from '../../platform/durable/engine.ts';
import type { StoreRooms } from '../store/open-store.ts';

/** Kept in the database: never changes its meaning. */
export const attemptName = 'attempt';
export const roundName = 'round';
export const agentQueue = 'agents';

export interface LoopParts {
  readonly store: StoreRooms;
  readonly pipeline: PipelinePorts;
  readonly config: () => Config;
  readonly repositories: () => Promise<readonly RepositoryRef[]>;
  readonly scan: CyclePorts['scan'];
  /** Nothing new is started while it is true. */
  readonly isHeld: () => boolean;
}

/** What turning the loop needs, over whatever starts its workflows: the engine of this process, or that of others. */
export type Loop = Pick<
  ServicePorts,
  'cycle' | 'repositories' | 'busy' | 'settleDue' | 'allSeen' | 'times'
>;

export function openLoop(parts: LoopParts, driver: WorkflowDriver): Loop {
  const cycle: CyclePorts = {
    ...parts.pipeline,
    scan: parts.scan,
    lastHeld: new Map(),
    startAttempt: async (ref, turn) =>
      await startOnce(
        parts,
        driver,
        { name: attemptName, id: workflowIdOf(ref), ref, turn },
        (error) => noteDeadStart(parts.pipeline, ref, error),
      ),
    startRound: async (ref) =>
      await startOnce(
        parts,
        driver,
        { name: roundName, id: roundWorkflowIdOf(ref), ref, turn: 'review' },
        () => noteDeadRound(parts.pipeline, ref),
      ),
    settleLeftovers: async () => await settleLeftovers(parts, driver),
  };
  return {
    cycle,
    repositories: parts.repositories,
    busy: async () => (await driver.list({ states: ['queued', 'running'], limit: 1 })).length > 0,
    settleDue: () => parts.store.effects.settleAll(),
    allSeen: () => parts.store.reconciliation.finish(),
    times: () => {
      const { analyzer, github, executor } = parts.config();
      return {
        scanMs: analyzer.intervalMinutes * 60_000,
        pollMs: github.pollSeconds * 1000,
        drainMs: executor.drainMinutes * 60_000,
      };
    },
  };
}

async function startOnce(
  { isHeld }: LoopParts,
  driver: WorkflowDriver,
  work: { readonly name: string; readonly id: string; readonly ref: unknown; readonly turn: Turn },
  noteDead: (error: string | undefined) => Promise<void>,
): Promise<Start> {
  if (isHeld()) return 'held';
  const known = await driver.status(work.id);
  if (known === undefined) {
    const priority = turns.indexOf(work.turn);
    await driver.start(work.name, work.id, work.ref, { queue: agentQueue, priority });
    return 'started';
  }
  if (known.state === 'queued' || known.state === 'running') return 'waiting';
  await noteDead(known.error);
  return 'ended';
}

/** A page that was closed for longer reads everything again. */
const changesKeptMs = 3 * 86_400_000;

/** A GitHub that was away leaves writes for hours, a second apart each; approvals and starts do not wait for them. */
const leftoversMs = 20_000;

async function settleLeftovers(
  { store, pipeline }: LoopParts,
  driver: WorkflowDriver,
): Promise<number> {
  await store.changes.prune(new Date(pipeline.clock.now().getTime() - changesKeptMs));
  const { settled } = await store.effects.settleAll({ maxMs: leftoversMs });
  const live = new Set((await driver.list({ states: ['queued', 'running'] })).map(({ id }) => id));
  const isAtWork = async (run: AttemptRef): Promise<boolean> =>
    [...live].some((id) => isOfRun(id, run));
  return settled + (await repairRuns(pipeline, isAtWork));
}

/** Whether the workflow works on this attempt or a round of its task. */
export function isOfRun(workflowId: string, run: AttemptRef): boolean {
  return (
    workflowId.split('.')[0] === workflowIdOf({ taskId: run.taskId, attempt: run.attempt }) ||
    isRoundOf(workflowId, run.taskId)
  );
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
