import { type AppError, toAppError } from '../lib/app-error.ts';
import { deliver } from './deliver/deliver.ts';
import { endAttempt } from './deliver/end-attempt.ts';
import { pauseOf } from './dispatch.ts';
import type { AttemptRef, WorkResult } from './execute/attempt.ts';
import { begin, noteFailedStart } from './execute/begin.ts';
import { work } from './execute/work.ts';
import { persist } from './persist.ts';
import type { PipelinePorts } from './pipeline-ports.ts';

/** The part of the durable engine that an attempt needs: a finished step is not done again after a crash. */
export interface Steps {
  /** The signal fires when the workflow is canceled or the process drains. */
  step<T>(name: string, body: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/**
 * The story of one attempt, `task-<id>-<attempt>`: begin under a standing approval, work in a sealed workspace,
 * deliver a pull request or end honestly, clean up. Every write outside is an effect with an intent; the task row is
 * the truth, so repeating any part of this does nothing twice.
 */
export async function attemptWorkflow(
  ports: PipelinePorts,
  steps: Steps,
  ref: AttemptRef,
): Promise<string> {
  const begun = await steps.step('begin', () => beginOrWait(ports, ref));
  if (!begun) return 'not_started';
  const result = await steps.step('work', (signal) =>
    safely(ports, signal, () => work(ports, ref, signal)),
  );
  const outcome = await steps.step('deliver', (signal) => finish(ports, ref, result, signal));
  await steps.step('clean up', () => cleanUp(ports));
  return outcome;
}

/** Removes workspaces of runs that have ended; what a failure leaves is removed at the next start. */
export async function cleanUp({ runs, workspaces }: PipelinePorts): Promise<null> {
  const live = await runs.live();
  await workspaces.sweep(new Set(live.map(({ id }) => id)));
  return null;
}

/** A start that fails (host or database away) is noted on the task, which waits a while and is started again. */
async function beginOrWait(ports: PipelinePorts, ref: AttemptRef): Promise<boolean> {
  try {
    return await begin(ports, ref);
  } catch (thrown) {
    const error = toAppError(thrown);
    ports.log.warn('attempt could not start', { code: error.code, taskId: ref.taskId, error });
    await persist(ports, () => noteFailedStart(ports, ref, thrown));
    return false;
  }
}

/** Finished work is delivered with patience: what may pass by itself is tried again before the attempt ends. */
async function finish(
  ports: PipelinePorts,
  ref: AttemptRef,
  result: WorkResult,
  signal: AbortSignal,
): Promise<string> {
  const { commit } = result;
  const ended =
    commit === null
      ? result
      : asksForAccess(
          await safely(ports, signal, () =>
            deliverUnpaused(ports, ref, { ...result, commit }, signal),
          ),
        );
  if (ended.commit === null) await persist(ports, () => endAttempt(ports, ref, ended));
  return ended.outcome;
}

/** Finished work that we may no longer deliver waits for a person, not for another attempt. */
function asksForAccess(result: WorkResult): WorkResult {
  const isRefused = result.outcome === 'failed' && result.reason === 'authentication';
  return isRefused ? { ...result, asksPerson: 'access_withdrawn' } : result;
}

const lookForResumeMs = 2000;

/** Finished work waits as long as its repository is paused; nothing is intended before, so nothing leaves later by itself. */
export async function deliverUnpaused(
  ports: PipelinePorts,
  ref: AttemptRef,
  result: Parameters<typeof deliver>[2],
  signal: AbortSignal,
  how: typeof deliver = deliver,
): Promise<WorkResult> {
  for (;;) {
    const task = await ports.tasks.get(ref.taskId);
    const isPaused = task?.state === 'running' && (await pauseOf(ports, task.target)) !== null;
    try {
      if (!isPaused) return await persist(ports, () => how(ports, ref, result), signal);
    } catch (thrown) {
      if (toAppError(thrown).code !== 'effect_held') throw thrown;
    }
    await ports.clock.sleep(lookForResumeMs, signal);
  }
}

/** An error of a step becomes an end of the attempt with its reason; it is never lost and never leaves the task running. */
export async function safely(
  ports: PipelinePorts,
  signal: AbortSignal,
  body: () => Promise<WorkResult>,
): Promise<WorkResult> {
  try {
    return await body();
  } catch (thrown) {
    const error = toAppError(thrown);
    const ended = { commit: null, asksPerson: null };
    if (signal.aborted) {
      return { ...ended, outcome: 'interrupted', reason: null, summary: 'The work was stopped.' };
    }
    ports.log.error('attempt step failed', { code: error.code, kind: error.kind, error });
    const summary = error.next === undefined ? error.message : `${error.message} ${error.next}`;
    const reason = isMissing(error.code) ? 'configuration' : reasonOf(error);
    const errors = chainOf(thrown).map((line) => ports.secrets.redact(line));
    return { ...ended, outcome: 'failed', reason, summary: ports.secrets.redact(summary), errors };
  }
}

/** The error and its causes, outermost first; a circle ends where it began. */
function chainOf(thrown: unknown): readonly string[] {
  const lines: string[] = [];
  for (let one: unknown = thrown; one instanceof Error && lines.length < 10; one = one.cause) {
    const code = 'code' in one && typeof one.code === 'string' ? `${one.code}: ` : '';
    lines.push(`${code}${one.message}`);
  }
  return lines;
}

/** What another attempt cannot mend: somebody has to install something first. */
function isMissing(code: string): boolean {
  return code === 'agent_missing' || code === 'sandbox_missing';
}

function reasonOf({ kind }: AppError): WorkResult['reason'] {
  switch (kind) {
    case 'unavailable':
    case 'timeout':
      return 'transient';
    case 'rate_limited':
      return 'rate_limit';
    case 'unauthenticated':
    case 'forbidden':
      return 'authentication';
    case 'conflict':
      return 'conflict';
    case 'unknown_outcome':
      return 'unknown_outcome';
    case 'invalid_input':
    case 'not_found':
      return 'configuration';
    case 'not_well':
    case 'internal':
      return 'defect';
  }
}
