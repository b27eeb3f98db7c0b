import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { GitRemote, HostRepository } from '../../domain/ports/code-host.ts';
import type { GitPush } from '../../domain/ports/git.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';

/** What git fetches from and pushes to: the folder itself. */
export function remoteOf(ref: RepositoryRef): GitRemote {
  return { url: ref.name, env: {} };
}

/** Facts of a folder; AppError `not_found` when it is no git repository. */
export async function readRepository(
  git: Pick<GitPush, 'branches' | 'remoteRef'>,
  ref: RepositoryRef,
): Promise<HostRepository> {
  const gitDir = await gitDirOf(ref.name);
  if (gitDir === null) throw noRepository(ref.name);
  const defaultBranch = await chooseDefault(git, remoteOf(ref), gitDir);
  return { ref, defaultBranch, private: true, archived: false, url: null };
}

/** Throws AppError `repository_not_found` unless the folder is a work tree or a bare repository. */
export async function requireRepository(folder: string): Promise<void> {
  if ((await gitDirOf(folder)) === null) throw noRepository(folder);
}

/** Repositories that a pattern stands for; a star may stand in the last part of the path. */
export async function expandFolders(pattern: string): Promise<readonly RepositoryRef[]> {
  if (!pattern.includes('*')) return [{ host: 'local', name: pattern }];
  const parent = dirname(pattern);
  if (parent.includes('*') || !isAbsolute(pattern))
    throw new AppError({
      kind: 'invalid_input',
      code: 'repository_pattern',
      message: `The pattern "${pattern}" has a star before the last part, or is not absolute.`,
      next: 'Write it like /srv/code/*.',
    });
  const parts = basename(pattern)
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/gu, '\\$&'));
  const matcher = new RegExp(`^${parts.join('.*')}$`, 'u');
  const names = (await readdir(parent)).filter((name) => matcher.test(name)).sort();
  const found: RepositoryRef[] = [];
  for (const name of names) {
    const folder = join(parent, name);
    if ((await gitDirOf(folder)) !== null) found.push({ host: 'local', name: folder });
  }
  return found;
}

/** Folder with the `HEAD` of the work tree or bare repository; null when there is none. */
async function gitDirOf(folder: string): Promise<string | null> {
  const dotGit = join(folder, '.git');
  const kind = await stat(dotGit).catch(() => null);
  if (kind?.isDirectory() === true) return dotGit;
  if (kind?.isFile() === true) {
    const target = /^gitdir: (.*)$/mu.exec(await readFile(dotGit, 'utf8'))?.[1] ?? '';
    return isAbsolute(target) ? target : join(folder, target);
  }
  const head = await stat(join(folder, 'HEAD')).catch(() => null);
  return head?.isFile() === true ? folder : null;
}

// What is checked out at this moment may be anything; the usual names come first.
async function chooseDefault(
  git: Pick<GitPush, 'branches' | 'remoteRef'>,
  remote: GitRemote,
  gitDir: string,
): Promise<string> {
  const head = await readFile(join(gitDir, 'HEAD'), 'utf8').catch(() => '');
  const current = /^ref: refs\/heads\/(.+)$/mu.exec(head)?.[1];
  // Mostly so, and known without asking git for all branches.
  if (current === 'main' && (await git.remoteRef(remote, 'main')) !== null) return 'main';
  const branches = [...(await git.branches(remote)).keys()];
  const usual = ['main', 'master'].find((name) => branches.includes(name));
  return usual ?? current ?? branches[0] ?? 'main';
}

function noRepository(folder: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'repository_not_found',
    message: `${folder} is not a git repository, or may not be read.`,
    next: 'Check the path in the configuration; it names a work tree or a bare repository.',
  });
}
