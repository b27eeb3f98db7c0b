import type { RepositoryRef } from '../domain/repository.ts';
import { repositoryKey } from '../domain/repository.ts';
import type { Task } from '../domain/task.ts';
import type { ErrorKind } from '../lib/app-error.ts';
import { toAppError } from '../lib/app-error.ts';
import { followApprovals } from './approve/follow-approvals.ts';
import { pollApprovals } from './approve/poll-approvals.ts';
import type { CyclePorts, Turn } from './cycle-ports.ts';
import { turns } from './cycle-ports.ts';
import { type Hold, holdOf, holdsTheirPlace, isByWill, overCap } from './dispatch.ts';
import { followDrift } from './follow/drift.ts';
import { followPullRequests } from './follow/follow.ts';
import { followProposals } from './follow/follow-proposals.ts';
import { readTexts } from './follow/read-texts.ts';
import { followVerdicts } from './follow/review-verdicts.ts';
import { followFindings } from './propose/follow-findings.ts';
import { finishProposals, type Proposed, propose } from './propose/propose.ts';

/** What one round did and what went wrong in it, repository by repository. */
export interface CycleSummary {
  readonly scanned: number;
  readonly findings: number;
  readonly proposed: number;
  readonly held: number;
  /** Proposals whose issue is not known to be there yet. */
  readonly unpublished: number;
  readonly approved: number;
  readonly refused: number;
  readonly started: number;
  readonly moved: number;
  readonly problems: readonly Problem[];
}

export interface Problem {
  readonly where: string;
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly next: string | null;
}

/**
 * One round of the loop over all repositories: settle what was left, scan, propose, read approvals, start, follow.
 * A repository that fails is reported and does not stop the others.
 */
export async function runCycle(
  ports: CyclePorts,
  repositories: readonly RepositoryRef[],
  options: { readonly scan: boolean; readonly signal: AbortSignal },
): Promise<CycleSummary> {
  const problems: Problem[] = [];
  const report = (where: string, thrown: unknown): void => {
    const error = toAppError(thrown);
    const { kind, code, message, next } = error;
    ports.log.warn('a part of the cycle failed', { where, code, error });
    problems.push({ where, kind, code, message, next: next ?? null });
  };
  const attempt = async <T>(where: string, body: () => Promise<T>): Promise<T | null> => {
    if (options.signal.aborted) return null;
    try {
      return await body();
    } catch (thrown) {
      report(where, thrown);
      return null;
    }
  };
  await attempt('effects', () => ports.settleLeftovers());
  const total = {
    scanned: 0,
    findings: 0,
    proposed: 0,
    held: 0,
    unpublished: 0,
    moved: 0,
    approved: 0,
    refused: 0,
  };
  const note = ({ proposed, held, unpublished, failed }: Proposed): void => {
    for (const { where, error } of failed) report(where, error);
    total.proposed += proposed.length;
    total.held += held;
    total.unpublished += unpublished;
  };
  const finished = await attempt('proposals', () => finishProposals(ports, repositories));
  if (finished !== null) note(finished);
  for (const target of options.scan ? repositories : []) {
    await attempt(repositoryKey(target), async () => {
      const seen = await ports.scan(target);
      total.scanned += 1;
      total.findings += seen.findings;
      total.moved += (await followFindings(ports, target, seen.commit)).length;
      note(await propose(ports, target));
    });
  }
  for (const manager of managersOf(ports, repositories)) {
    const decided = await attempt(repositoryKey(manager), () => pollApprovals(ports, manager));
    total.approved += decided?.granted.length ?? 0;
    total.refused += decided?.refused.length ?? 0;
    for (const { where, error } of decided?.failed ?? []) report(where, error);
    if (decided !== null) {
      const { labeled } = decided;
      const taken = await attempt(repositoryKey(manager), () =>
        followApprovals(ports, manager, labeled),
      );
      total.moved += taken?.moved.length ?? 0;
      for (const { where, error } of taken?.failed ?? []) report(where, error);
    }
    const closed = await attempt(repositoryKey(manager), () => followProposals(ports, manager));
    total.moved += closed?.moved.length ?? 0;
    for (const { where, error } of closed?.failed ?? []) report(where, error);
  }
  const drifted = await attempt('drift', () => followDrift(ports));
  total.moved += drifted?.moved.length ?? 0;
  for (const { where, error } of drifted?.failed ?? []) report(where, error);
  const started = await attempt('dispatch', () => dispatch(ports));
  const followed = await attempt('follow', () =>
    followPullRequests(ports, (task, seen) => followVerdicts(ports, task, seen)),
  );
  total.moved += followed?.moved.length ?? 0;
  for (const { where, error } of followed?.failed ?? []) report(where, error);
  const read = await attempt('texts', () => readTexts(ports, managersOf(ports, repositories)));
  for (const { where, error } of read ?? []) report(where, error);
  return { ...total, started: started ?? 0, problems };
}

/**
 * Starts approved tasks that nothing holds back; answers how many. No more of a repository or an agent are handed to the
 * workers than may run at a time, so that one with a thousand tasks stands behind each of the others once a task. What
 * holds a repository and its agent is read once for all of their tasks: whoever lifts it says so, and all are looked at anew.
 */
export async function dispatch(ports: CyclePorts): Promise<number> {
  const waiting = inTurn(await ports.tasks.list({ states: ['approved'] }));
  forgetOthers(ports.lastHeld, waiting);
  if (waiting.length === 0) return 0;
  const taken = [...(await ports.tasks.atWork(null))];
  const heldPlaces = new Map<string, Hold>();
  let started = 0;
  for (const task of waiting) {
    const place = `${repositoryKey(task.target)} ${task.agent}`;
    const hold =
      heldPlaces.get(place) ??
      overCap(ports.settings, task, taken) ??
      (await placeHold(ports, task, (found) => heldPlaces.set(place, found)));
    if (hold !== null) {
      if (isByWill(hold)) ports.lastHeld.set(task.id, ports.clock.now());
      continue;
    }
    const { id, attempt, version, agent } = task;
    const heldUntil = ports.lastHeld.get(id)?.toISOString();
    const ref = {
      taskId: id,
      attempt: attempt + 1,
      version,
      ...(heldUntil === undefined ? {} : { heldUntil }),
    };
    const start = await ports.startAttempt(ref, turnOf(task));
    if (start === 'held') return started;
    if (start !== 'ended') taken.push({ id, targetKey: repositoryKey(task.target), agent });
    if (start === 'started') started += 1;
  }
  return started;
}

/** What holds the task, which is told where it holds the others of its place as well. */
async function placeHold(
  ports: CyclePorts,
  task: Task,
  ofPlace: (hold: Hold) => void,
): Promise<Hold | null> {
  const hold = await holdOf(ports, task);
  if (hold !== null && holdsTheirPlace(hold)) ofPlace(hold);
  return hold;
}

function forgetOthers(lastHeld: CyclePorts['lastHeld'], waiting: readonly Task[]): void {
  const ids = new Set(waiting.map(({ id }) => id));
  for (const id of lastHeld.keys()) if (!ids.has(id)) lastHeld.delete(id);
}

function turnOf({ attempt }: Task): Turn {
  return attempt === 0 ? 'first' : 'again';
}

/** First attempts before further ones, then by rank, then by age, as the store lists them. */
function inTurn(tasks: readonly Task[]): readonly Task[] {
  return tasks.toSorted((a, b) => turns.indexOf(turnOf(a)) - turns.indexOf(turnOf(b)));
}

/** Whether a round changed anything, so that another one may find more to do. */
export function progressed(summary: CycleSummary): boolean {
  return (
    summary.proposed + summary.approved + summary.refused + summary.started + summary.moved > 0
  );
}

/** Waits until no attempt is at work, or the signal or the deadline says stop; answers whether it is quiet. */
export async function untilQuiet(
  ports: Pick<CyclePorts, 'tasks' | 'clock'>,
  busy: () => Promise<boolean>,
  options: { readonly signal: AbortSignal; readonly deadline: number },
): Promise<boolean> {
  while (!options.signal.aborted && ports.clock.monotonicMs() < options.deadline) {
    if (!(await busy())) return true;
    await ports.clock.sleep(200);
  }
  return false;
}

/** Where we propose what is found in these. */
export function managersOf(
  ports: Pick<CyclePorts, 'settings'>,
  repositories: readonly RepositoryRef[],
): readonly RepositoryRef[] {
  const managers = new Map(
    repositories.map((target) => {
      const manager = ports.settings.managerOf(target);
      return [repositoryKey(manager), manager] as const;
    }),
  );
  return [...managers.values()];
}
