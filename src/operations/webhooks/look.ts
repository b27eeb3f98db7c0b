import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import { followApprovals } from '../../pipeline/approve/follow-approvals.ts';
import { lookAtIssue, pollApprovals } from '../../pipeline/approve/poll-approvals.ts';
import { dispatch } from '../../pipeline/cycle.ts';
import type { CyclePorts } from '../../pipeline/cycle-ports.ts';
import { followPullRequests } from '../../pipeline/follow/follow.ts';
import { followProposals } from '../../pipeline/follow/follow-proposals.ts';
import { followFindings } from '../../pipeline/propose/follow-findings.ts';
import { propose } from '../../pipeline/propose/propose.ts';
import type { Look } from './looks.ts';

export interface LookPorts {
  readonly cycle: CyclePorts;
  /** The watched repositories, patterns looked up. */
  readonly repositories: () => Promise<readonly RepositoryRef[]>;
}

/**
 * Reads the state from GitHub and does what the round of the service would do there. Throws when a part of it failed, so
 * that it is done again: every part of it may be repeated.
 */
export function createLook({ cycle, repositories }: LookPorts): (look: Look) => Promise<void> {
  return async (look) => {
    if (look.kind === 'pull_requests') {
      throwFirst((await followPullRequests(cycle)).failed);
      await dispatch(cycle);
      return;
    }
    const watched = (await repositories()).filter(({ host }) => host === 'github');
    if (look.kind === 'code') {
      const target = watched.find(({ name }) => isSame(name, look.repository));
      if (target !== undefined) await lookAtCode(cycle, target);
      return;
    }
    const manager = watched
      .map((target) => cycle.settings.managerOf(target))
      .find(({ name }) => isSame(name, look.repository));
    if (manager === undefined) return;
    if (look.kind === 'issue') {
      const decided = await lookAtIssue(cycle, manager, look.number);
      if (decided !== null) await dispatch(cycle);
      return;
    }
    const { labeled, failed } = await pollApprovals(cycle, manager);
    const taken = await followApprovals(cycle, manager, labeled);
    const closed = await followProposals(cycle, manager);
    await dispatch(cycle);
    throwFirst([...failed, ...taken.failed, ...closed.failed]);
  };
}

async function lookAtCode(cycle: CyclePorts, target: RepositoryRef): Promise<void> {
  const { commit } = await cycle.scan(target);
  await followFindings(cycle, target, commit);
  throwFirst((await propose(cycle, target)).failed);
}

function isSame(name: string, written: string): boolean {
  return name.toLowerCase() === written.toLowerCase();
}

function throwFirst(failed: readonly { readonly where: string; readonly error: unknown }[]): void {
  const [first] = failed;
  if (first === undefined) return;
  throw new AppError({
    kind: 'unavailable',
    code: 'look_failed',
    message: `Looking at ${first.where} failed.`,
    cause: first.error,
  });
}
