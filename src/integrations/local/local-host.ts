import type { Kysely } from 'kysely';
import type { CodeHost, HostPullRequest, Markers } from '../../domain/ports/code-host.ts';
import type { GitPush } from '../../domain/ports/git.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { findLocalWrite } from './local-finds.ts';
import { changeItem, type Doing, itemOf } from './local-items.ts';
import { createLocalReads } from './local-reads.ts';
import { changeLabels, makeLocalWrite } from './local-writes.ts';
import type { Item, LocalTables } from './tables.ts';

export interface LocalHostDeps {
  readonly database: { kysely<Tables>(): Kysely<Tables> };
  readonly push: GitPush;
  readonly clock: Clock;
  readonly markers: Markers;
  /** The operating-system user who owns the data folder: admin of every folder; nobody else has a role. */
  readonly owner: string;
}

/** Issues and pull requests of plain git folders: rows of ours, branches in the folder's repository. */
export interface LocalHost extends CodeHost {
  /** Merges into the base branch, which nobody may have checked out (`branch_checked_out` says what to type). */
  merge(ref: RepositoryRef, number: number, actor: string): Promise<string>;
  /** Closes it unmerged. */
  close(ref: RepositoryRef, number: number, actor: string): Promise<void>;
  label(ref: RepositoryRef, number: number, actor: string, label: string): Promise<void>;
}

/** Login by which the service itself writes. */
const self = 'claude-manager';

export function createLocalHost(given: LocalHostDeps): LocalHost {
  const { clock, markers, owner } = given;
  const deps = { db: given.database.kysely<LocalTables>(), git: given.push, markers, owner };
  const by = (actor: string): Doing => ({ actor, at: clock.now() });
  const reads = createLocalReads(deps);
  return {
    name: 'local',
    ...reads,
    self: async () => self,
    send: async (write) => makeLocalWrite(deps, write, by(self)),
    find: async (write) => findLocalWrite(deps, write),
    merge: async (ref, number, actor) => {
      const pull = await reads.pullRequest(ref, number);
      if (pull === null) throw noPullRequest(ref, number);
      return merge(deps, ref, pull, by(actor));
    },
    close: async (ref, number, actor) => {
      const item = await itemOf(deps.db, ref.name, number, 'pull');
      if (item === undefined) throw noPullRequest(ref, number);
      const change = ({ state }: Item) =>
        state === 'open' ? { set: { state: 'closed' } as const, events: [{ type: 'closed' }] } : {};
      await changeItem(deps.db, ref.name, number, change, by(actor));
    },
    label: async (ref, number, actor, label) =>
      changeLabels(deps.db, ref, number, { add: [label] }, by(actor)),
  };
}

// Repeated after a crash between the merge and the row, the commit is found in the base branch.
async function merge(
  { db, git }: { readonly db: Kysely<LocalTables>; readonly git: GitPush },
  ref: RepositoryRef,
  pull: HostPullRequest,
  doing: Doing,
): Promise<string> {
  if (pull.state === 'closed') throw ended(ref, pull.number);
  const { headSha, headBranch, baseBranch, title } = pull;
  const commit =
    pull.mergeCommit ??
    (await git.merge({
      folder: ref.name,
      base: baseBranch,
      head: headSha,
      message: `Merge ${headBranch}\n\n${title}\n`,
      author: { name: doing.actor, email: `${doing.actor}@localhost`, date: doing.at },
    }));
  const set = { state: 'merged', merge_commit: commit, head_sha: headSha } as const;
  const change = ({ state }: Item) =>
    state === 'merged' ? {} : { set, events: [{ type: 'merged' }] };
  await changeItem(db, ref.name, pull.number, change, doing);
  return commit;
}

function noPullRequest(ref: RepositoryRef, number: number): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'local_item_not_found',
    message: `${ref.name} has no pull request #${number}.`,
  });
}

function ended(ref: RepositoryRef, number: number): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'pull_request_closed',
    message: `Pull request #${number} of ${ref.name} was closed without being merged.`,
    next: 'Requeue its task to work on it again.',
  });
}
