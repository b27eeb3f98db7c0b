import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GitRemote } from '../../domain/ports/code-host.ts';
import type { Mirror, Mirrors } from '../../domain/ports/git.ts';
import { type RepositoryRef, repositoryKey } from '../../domain/repository.ts';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { idOf } from '../../lib/hash.ts';
import type { Git } from './git.ts';
import { dropOldMirrors } from './mirror-limit.ts';
import { processMark } from './process-mark.ts';
import { remoteArguments, remoteBranches, remoteProtocols, saidBy, talk } from './remote.ts';

export interface MirrorsDeps {
  readonly git: Git;
  readonly clock: Clock;
  /** Folder that holds the mirrors, made when missing. */
  readonly root: string;
  /** A fetch that takes longer is stopped; default ten minutes. */
  readonly deadlineMs?: number;
  /** All mirrors together; beyond it those not fetched into for longest are dropped. Default 20 GiB. */
  readonly maxBytes?: number;
}

/** Earlier heads that stay readable, so that a scan can ask what changed since it last looked. */
const earlierHeads = 8;
/** A mirror with more packs than this is packed into one. */
const packsAtMost = 40;

/** How often the size is looked at, and how long after a fetch a mirror may still be read. */
const limitEveryMs = 10 * 60_000;
const readForMs = 60 * 60_000;

/**
 * Builds the mirrors: one bare, shallow repository each, one fetch at a time, repaired after a killed fetch; together
 * within a size.
 */
export function createMirrors(deps: MirrorsDeps): Mirrors {
  const last = new Map<string, Promise<unknown>>();
  let lookedAt = -Infinity;
  const keepWithin = async (): Promise<void> => {
    const now = deps.clock.now().getTime();
    if (now - lookedAt < limitEveryMs) return;
    lookedAt = now;
    const usedSince = new Date(now - readForMs);
    await dropOldMirrors({ root: deps.root, maxBytes: deps.maxBytes ?? 20 * 2 ** 30, usedSince });
  };
  return {
    refresh: async (ref, remote, branch, head = null) => {
      const gitDir = mirrorFolder(deps.root, ref);
      const before = last.get(gitDir) ?? Promise.resolve();
      const mine = before.then(async () => await refresh(deps, gitDir, remote, branch, head));
      const settled = mine.catch(() => undefined);
      last.set(gitDir, settled);
      try {
        const mirror = await mine;
        await keepWithin();
        return mirror;
      } finally {
        if (last.get(gitDir) === settled) last.delete(gitDir);
      }
    },
  };
}

/** Readable and unique: the end of the name, then a hash of the whole. */
function mirrorFolder(root: string, ref: RepositoryRef): string {
  const readable = ref.name
    .replace(/[^\w.-]+/gu, '-')
    .slice(-60)
    .replace(/^[-.]+/u, '');
  return path.join(path.resolve(root), `${readable}-${idOf(repositoryKey(ref)).slice(0, 12)}.git`);
}

async function refresh(
  deps: MirrorsDeps,
  gitDir: string,
  remote: GitRemote,
  branch: string,
  seen: string | null,
): Promise<Mirror> {
  await prepare(deps.git, gitDir);
  const head = `refs/cms/heads/${branch}`;
  const earlier = await refValue(deps.git, gitDir, head);
  if (earlier !== null && earlier === seen) return { gitDir, commit: earlier };
  const commit = await fetchBranch(deps, gitDir, remote, branch, head);
  if (earlier !== null && earlier !== commit) await keepEarlier(deps, gitDir, earlier);
  return { gitDir, commit };
}

async function prepare(git: Git, gitDir: string): Promise<void> {
  if (await exists(path.join(gitDir, 'HEAD'))) return;
  await mkdir(path.dirname(gitDir), { recursive: true, mode: 0o700 });
  await git.run(['init', '--quiet', '--bare', '--template=', gitDir]);
}

async function fetchBranch(
  deps: MirrorsDeps,
  gitDir: string,
  remote: GitRemote,
  branch: string,
  head: string,
): Promise<string> {
  const attempt = async () => await runFetch(deps, gitDir, remote, branch, head);
  try {
    await attempt();
  } catch (thrown) {
    const error = toAppError(thrown);
    const said = saidBy(error);
    if (said.includes('.lock')) {
      await removeStaleLocks(gitDir);
      await attempt();
    } else if (error.code === 'git_ref_missing') {
      await mustHave(deps.git, remote, branch);
      await attempt().catch((again: unknown) => {
        throw toAppError(again).code === 'git_ref_missing' ? notFetched(branch, again) : again;
      });
    } else if (
      /bad object|corrupt|did not send all necessary objects|shallow file has changed/iu.test(said)
    ) {
      // A mirror is only a cache: begin anew once.
      await rm(gitDir, { recursive: true, force: true, maxRetries: 5 });
      await prepare(deps.git, gitDir);
      await attempt();
    } else throw error;
  }
  const commit = await refValue(deps.git, gitDir, head);
  if (commit === null) throw notFetched(branch);
  return commit;
}

async function runFetch(
  deps: MirrorsDeps,
  gitDir: string,
  remote: GitRemote,
  branch: string,
  head: string,
): Promise<void> {
  const args = [
    `--git-dir=${gitDir}`,
    'fetch',
    '--quiet',
    '--depth=1',
    '--no-tags',
    '--no-recurse-submodules',
    '--no-write-fetch-head',
    '--force',
    '--update-shallow',
    ...remoteArguments(remote, 'upload-pack'),
    '--',
    remote.url,
    `+refs/heads/${branch}:${head}`,
  ];
  await talk(remote, 'read', () =>
    deps.git.run(args, {
      env: remote.env,
      protocols: remoteProtocols(remote),
      deadlineMs: deps.deadlineMs ?? 600_000,
      onStart: async (pid) =>
        await writeFile(path.join(gitDir, 'cms-fetch'), await processMark(pid)),
    }),
  );
}

/** Locks of a fetch whose process is gone; one that still runs keeps them, and the caller is told. */
async function removeStaleLocks(gitDir: string): Promise<void> {
  const mark = await readFile(path.join(gitDir, 'cms-fetch'), 'utf8').catch(() => '');
  const pid = Number(mark.split(' ')[0]);
  if (pid > 0 && (await processMark(pid)) === mark) {
    throw new AppError({
      kind: 'unavailable',
      code: 'mirror_busy',
      message: 'Another fetch of this repository is still running.',
      next: 'Try again when it has ended.',
      details: { gitDir, pid },
    });
  }
  const names = await readdir(gitDir, { recursive: true });
  const stale = names.filter(
    (name) => name.endsWith('.lock') || path.basename(name).startsWith('tmp_'),
  );
  for (const name of stale) await rm(path.join(gitDir, name), { force: true });
}

/** Keeps the commit that was the head, drops the oldest of those kept, packs when there are many packs. */
async function keepEarlier(deps: MirrorsDeps, gitDir: string, commit: string): Promise<void> {
  const stamp = String(deps.clock.now().getTime()).padStart(15, '0');
  const { stdout } = await deps.git.run([
    `--git-dir=${gitDir}`,
    'for-each-ref',
    '--format=%(refname)',
    'refs/cms/scanned/',
  ]);
  const kept = stdout.toString().split('\n').filter(Boolean).sort();
  const dropped = kept.slice(0, Math.max(0, kept.length + 1 - earlierHeads));
  const commands = [
    `update refs/cms/scanned/${stamp}-${commit.slice(0, 12)} ${commit}`,
    ...dropped.map((name) => `delete ${name}`),
  ];
  await deps.git.run([`--git-dir=${gitDir}`, 'update-ref', '--stdin'], {
    input: `${commands.join('\n')}\n`,
  });
  const packs = await readdir(path.join(gitDir, 'objects', 'pack'));
  if (packs.filter((name) => name.endsWith('.pack')).length > packsAtMost) {
    await deps.git.run([`--git-dir=${gitDir}`, 'repack', '-a', '-d', '--quiet'], {
      deadlineMs: 600_000,
    });
  }
}

async function refValue(git: Git, gitDir: string, name: string): Promise<string | null> {
  const args = [`--git-dir=${gitDir}`, 'rev-parse', '--verify', '--quiet', name];
  const { code, stdout } = await git.run(args, { accept: [0, 1, 128] });
  return code === 0 ? stdout.toString().trim() : null;
}

/** Only the whole list of branches, well received, proves that there is none of that name. */
async function mustHave(git: Git, remote: GitRemote, branch: string): Promise<void> {
  const found = await remoteBranches(git, remote);
  if (found.has(branch)) return;
  const names = [...found.keys()];
  if (names.length === 0) {
    throw new AppError({
      kind: 'not_found',
      code: 'repository_empty',
      message: 'The repository has no commit yet, so there is nothing to scan.',
      next: 'Push a first commit.',
    });
  }
  throw new AppError({
    kind: 'not_found',
    code: 'branch_not_found',
    message: `The repository has no branch ${branch}.`,
    next: `Name one of its branches as base, for example ${names.slice(0, 5).join(', ')}.`,
    details: { branch, branches: names.slice(0, 50) },
  });
}

function notFetched(branch: string, cause?: unknown): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'git_answer_unreadable',
    message: `The server has a branch ${branch} and did not hand it out.`,
    next: 'Nothing; it is asked again by itself.',
    cause,
  });
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}
