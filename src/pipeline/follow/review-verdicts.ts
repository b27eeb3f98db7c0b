import type { HostPullRequest } from '../../domain/ports/code-host.ts';
import type { HostCheck } from '../../domain/ports/code-review.ts';
import type { TaskNote } from '../../domain/ports/stores.ts';
import type { Task } from '../../domain/task.ts';
import { toAppError } from '../../lib/app-error.ts';
import type { CyclePorts } from '../cycle-ports.ts';
import { holdOf } from '../dispatch.ts';
import { settleAll } from '../settle.ts';
import { lostBy } from './drift.ts';
import { permittedRemarks } from './feedback.ts';
import { handOver } from './hand-over.ts';
import { handledRemarks, isHandled, type RoundKind, roundKeys } from './round.ts';
import { rerunsOf, verdictOf } from './verdict.ts';

/**
 * Looks at what machines and people say about an open pull request: a red head is run again once where that can be
 * done, then worked on; so are changes that a person with write asks for. Answers whether anything was begun.
 */
export async function followVerdicts(
  ports: CyclePorts,
  task: Task,
  seen: HostPullRequest,
): Promise<boolean> {
  if (task.state !== 'in_review' || task.pullRequest === null) return false;
  // A delegate mends its own pull request, and its pushes are no surprise.
  if (ports.delegates(task.agent) !== null) return false;
  const { headSha, url } = task.pullRequest;
  if (seen.headSha !== headSha) {
    const text = `Somebody else pushed to the branch of ${url}: it is at ${seen.headSha.slice(0, 10)}, and we left it at ${headSha.slice(0, 10)}. Their commits are never overwritten, so nothing more is pushed there. Merge or close it as it stands.`;
    await handOver(ports, task, 'human_commits', text);
    return true;
  }
  if (seen.conflicts === true) {
    const text = `The base branch moved and ${url} conflicts with it. Solve the conflict on the branch and merge, or close it and retry the task, which starts again from the new base.`;
    await handOver(ports, task, 'conflict', text);
    return true;
  }
  const kind = await wantedRound(ports, task, headSha).catch((thrown: unknown) => {
    if (toAppError(thrown).kind === 'forbidden') return lostBy(thrown, task.target);
    throw thrown;
  });
  if (kind !== null && typeof kind !== 'string') {
    await handOver(ports, task, kind.reason, kind.text);
    return true;
  }
  if (kind === null || (await holdOf(ports, task)) !== null) return false;
  const start = await ports.startRound({ taskId: task.id, kind, headSha, version: task.version });
  return start === 'started';
}

async function wantedRound(
  ports: CyclePorts,
  task: Task,
  headSha: string,
): Promise<RoundKind | null> {
  const host = ports.host(task.target.host);
  const verdict = verdictOf(await host.checks(task.target, headSha));
  const notes = await ports.tasks.notes(task.id);
  // Until the checks have spoken the head is not known to be good or bad, so a person's demand need not wait for them.
  if (verdict.says === 'red' && !isHandled(notes, { kind: 'ci', headSha })) {
    if (await isRunAgain(ports, task, notes, verdict.failed)) return null;
    return 'ci';
  }
  const handled = handledRemarks(notes);
  const wanted = (await permittedRemarks(ports, task)).some(
    ({ kind, id }) => kind === 'changes_requested' && !handled.has(id),
  );
  return wanted ? 'review' : null;
}

/** A rerun whose new checks do not show by then is not waited for. */
const rerunShowsWithinMs = 10 * 60_000;

/** Runs failed jobs again, once for a head; true while the answer to that is not there. */
async function isRunAgain(
  ports: CyclePorts,
  task: Task,
  notes: readonly TaskNote[],
  failed: readonly HostCheck[],
): Promise<boolean> {
  const headSha = task.pullRequest?.headSha ?? '';
  const key = roundKeys.rerun(headSha);
  const before = notes.find((note) => note.key === key);
  const ids = failed.map(({ id }) => id);
  if (before !== undefined) {
    const known = before.text.split(' ');
    const isOld = ids.every((id) => known.includes(id));
    const until = before.at.getTime() + rerunShowsWithinMs;
    return isOld && ports.clock.now().getTime() < until;
  }
  const pipelines = rerunsOf(failed);
  if (pipelines.length === 0) return false;
  const intents = await ports.tasks.transact(async (transaction) => {
    await ports.tasks.addNote(transaction, {
      taskId: task.id,
      at: ports.clock.now(),
      code: 'checks_run_again',
      text: `The failed checks are run again once, as they may be flaky: ${ids.join(' ')}`,
      key,
    });
    return ports.effects.intend(
      transaction,
      pipelines.map((run) => ({
        kind: 'rerun_checks' as const,
        repository: task.target,
        taskId: task.id,
        attempt: task.attempt,
        // Small and the same for the same pipeline; attempts tell heads apart.
        ordinal: Number(run) % 2_000_000_000,
        payload: { run },
      })),
    );
  });
  await settleAll(ports, intents);
  return true;
}
