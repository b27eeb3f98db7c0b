import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { GitRemote } from '../../domain/ports/code-host.ts';
import type { BranchPush, GitPush } from '../../domain/ports/git.ts';
import { AppError, messageOf, toAppError } from '../../lib/app-error.ts';
import { type Git, gitError } from './git.ts';
import { containedBy, mergeBranch } from './merge.ts';
import {
  limitIn,
  refusalOf,
  remoteArguments,
  remoteBranches,
  remoteProtocols,
  remoteRef,
  talk,
} from './remote.ts';

/** Builds the port that code hosts are given. */
export function createGitPush({
  git,
  deadlineMs = 300_000,
}: {
  readonly git: Git;
  /** A push that takes longer is stopped. */
  readonly deadlineMs?: number;
}): GitPush {
  return {
    push: async (request) => await pushBranch(git, request, deadlineMs),
    remoteRef: async (remote, branch) => await remoteRef(git, remote, branch),
    branches: async (remote) => await remoteBranches(git, remote),
    merge: async (request) => await mergeBranch(git, request),
    containedBy: async (request) => await containedBy(git, request),
  };
}

async function pushBranch(
  git: Git,
  request: BranchPush,
  deadlineMs: number,
): Promise<'pushed' | 'adopted'> {
  const { gitDir, sha, branch, expected, remote } = request;
  if (!(await isHere(gitDir))) return await adoptOrWait(git, request);
  const lease = `--force-with-lease=refs/heads/${branch}:${expected ?? ''}`;
  const args = [
    `--git-dir=${gitDir}`,
    'push',
    '--porcelain',
    '--no-verify',
    '--no-recurse-submodules',
    lease,
    ...remoteArguments(remote, 'receive-pack'),
    '--',
    remote.url,
    `${sha}:refs/heads/${branch}`,
  ];
  const outcome = await talk(remote, 'write', async () => {
    const env = remote.env;
    const options = { env, protocols: remoteProtocols(remote), deadlineMs, accept: [0, 1, 128] };
    const ended = await git.run(args, options);
    const limit = ended.code === 0 ? null : limitIn(ended.stderr);
    if (limit !== null) throw limit;
    return ended;
  }).catch((thrown: unknown) => {
    // Certainly nothing was pushed: git was refused for a limit, or did not begin.
    const { kind, code } = toAppError(thrown);
    if (kind === 'rate_limited' || code === 'circuit_open' || code === 'too_busy') throw thrown;
    return { code: -1, stdout: Buffer.alloc(0), stderr: messageOf(thrown) };
  });
  const report = outcome.stdout.toString('utf8');
  if (outcome.code === 0) return /^=/mu.test(report) ? 'adopted' : 'pushed';
  return await explainFailure(git, request, `${report}\n${outcome.stderr}`);
}

async function isHere(gitDir: string): Promise<boolean> {
  return await stat(path.join(gitDir, 'HEAD')).then(
    () => true,
    () => false,
  );
}

/** Another machine made the commit: it pushed it already, or it has to. Nothing was sent from here. */
async function adoptOrWait(git: Git, { branch, sha, remote }: BranchPush): Promise<'adopted'> {
  if ((await remoteRef(git, remote, branch)) === sha) return 'adopted';
  throw new AppError({
    kind: 'not_well',
    code: 'commit_elsewhere',
    message: `The commit for ${branch} is not on this machine, so it cannot be pushed from here.`,
    next: 'The worker that made it pushes it; when that is gone for good, the work begins again by itself.',
    details: { branch, sha },
  });
}

/** What the remote now has decides, not what the connection said. */
async function explainFailure(git: Git, request: BranchPush, said: string): Promise<'adopted'> {
  const { branch, sha, expected, remote } = request;
  const now = await readBack(git, remote, branch, said);
  if (now === sha) return 'adopted';
  if (now !== expected) throw moved(request, now);
  if (/\[(remote )?rejected\]/u.test(said)) {
    throw new AppError({
      kind: 'forbidden',
      code: 'push_refused',
      message: `The remote refused the branch ${branch}: ${rejectionOf(said)}`,
      next: 'Check the rules of the branch and the rights of the token.',
      details: { branch, said: said.trim().slice(-2000) },
    });
  }
  throw refusalOf(gitError(['push'], 1, said, remote.env));
}

async function readBack(
  git: Git,
  remote: GitRemote,
  branch: string,
  said: string,
): Promise<string | null> {
  try {
    return await remoteRef(git, remote, branch);
  } catch (cause) {
    throw new AppError({
      kind: 'unknown_outcome',
      code: 'push_outcome_unknown',
      message: `Whether the push of ${branch} arrived is not known: the remote cannot be read.`,
      next: 'Wait until the remote answers; the push is then adopted or made again.',
      details: { branch, said: said.trim().slice(-500) },
      cause,
    });
  }
}

function moved({ branch, expected }: BranchPush, now: string | null): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'branch_moved',
    message: `The branch ${branch} was expected at ${expected ?? 'nothing'} but is at ${now ?? 'nothing'}: somebody else moved it.`,
    next: 'Look at the branch; requeue the task to start again from it.',
    details: { branch, expected, now },
  });
}

function rejectionOf(said: string): string {
  const line = said.split('\n').find((text) => text.includes('rejected]')) ?? '';
  return /\(([^)]*)\)/u.exec(line)?.[1] ?? line.trim();
}
