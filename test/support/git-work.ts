import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A clone in a temporary folder that makes commits for tests. */
export interface GitWork {
  readonly gitDir: string;
  /** A commit on top of `main` of the source, another one each time; on no branch. */
  commit(): string;
  remove(): void;
}

export function createGitWork(source: string): GitWork {
  const folder = mkdtempSync(join(tmpdir(), 'git-work-'));
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
      env: gitEnvironment,
    });
  git('clone', '--quiet', source, '.');
  let commits = 0;
  return {
    gitDir: join(folder, '.git'),
    commit: () => {
      commits += 1;
      git('checkout', '--quiet', '--detach', 'origin/main');
      writeFileSync(join(folder, `work-${commits}.txt`), `work ${commits}\n`);
      git('add', '.');
      git('commit', '--quiet', '-m', `Work ${commits}`);
      return git('rev-parse', 'HEAD').trim();
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** A work tree whose one commit on `main` holds these files. */
export function initRepositoryWith(folder: string, files: Readonly<Record<string, string>>): void {
  initRepository(folder, { bare: false });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  for (const args of [
    ['add', '.'],
    ['commit', '--quiet', '--amend', '-m', 'First'],
  ])
    execFileSync('git', args, { cwd: folder, stdio: 'pipe', env: gitEnvironment });
}

/** A repository with one commit on `main`, in a work tree or bare. */
export function initRepository(folder: string, { bare }: { readonly bare: boolean }): void {
  mkdirSync(folder, { recursive: true });
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
      env: gitEnvironment,
    });
  git('init', '--quiet', '--initial-branch=main', ...(bare ? ['--bare'] : []));
  const tree = git('mktree', '--missing', '-z').trim() || emptyTree;
  const commit = git('commit-tree', tree, '-m', 'First').trim();
  git('update-ref', 'refs/heads/main', commit);
}

const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

const gitEnvironment = {
  PATH: process.env['PATH'],
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
};
