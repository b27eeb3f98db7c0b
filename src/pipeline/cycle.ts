import type { RepositoryRef } from '../domain/repository.ts';
import { repositoryKey } from '../domain/repository.ts';
import type { ErrorKind } from '../lib/app-error.ts';
import { toAppError } from '../lib/app-error.ts';
import { followApprovals } from './approve/follow-approvals.ts';
import { pollApprovals } from './approve/poll-approvals.ts';
import type { CyclePorts } from './cycle-ports.ts';
import { holdOf } from './dispatch.ts';
import { followDrift } from './follow/drift.ts';
import { followPullRequests } from './follow/follow.ts';
import { followProposals } from './follow/follow-proposals.ts';
import { followVerdicts } from './follow/review-verdicts.ts';
import { followFindings } from './propose/follow-findings.ts';
import { propose } from './propose/propose.ts';

/** What one round did and what went wrong in it, repository by repository. */
export interface CycleSummary {
  readonly scanned: number;
  readonly findings: number;
  readonly proposed: number;
  readonly held: number;
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
    const { kind, code, message, next } = toAppError(thrown);
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
    moved: 0,
    approved: 0,
    refused: 0,
  };
  for (const target of options.scan ? repositories : []) {
    await attempt(repositoryKey(target), async () => {
      const seen = await ports.scan(target);
      total.scanned += 1;
      total.findings += seen.findings;
      total.moved += (await followFindings(ports, target, seen.commit)).length;
      const { proposed, held, failed } = await propose(ports, target);
      for (const { where, error } of failed) report(where, error);
      total.proposed += proposed.length;
      total.held += held;
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
  return { ...total, started: started ?? 0, problems };
}

/** Starts every approved task that nothing holds back, oldest first; answers how many. */
export async function dispatch(ports: CyclePorts): Promise<number> {
  const waiting = await ports.tasks.list({ states: ['approved'] });
  const busy = new Set<string>();
  let started = 0;
  for (const task of waiting) {
    const key = repositoryKey(task.target);
    if (busy.has(key) || (await holdOf(ports, task)) !== null) continue;
    busy.add(key);
    const isNew = await ports.startAttempt({
      taskId: task.id,
      attempt: task.attempt + 1,
      version: task.version,
    });
    if (isNew) started += 1;
  }
  return started;
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

function managersOf(
  ports: CyclePorts,
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
