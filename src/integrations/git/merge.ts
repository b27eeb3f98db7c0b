import type { LocalMerge } from '../../domain/ports/git.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Git } from './git.ts';

/** Merges by plumbing inside a local repository; no work tree, index or hook is touched. */
export async function mergeBranch(git: Git, request: LocalMerge): Promise<string> {
  const run = async (args: readonly string[], options: Parameters<Git['run']>[1] = {}) =>
    await git.run(args, { ...options, cwd: request.folder });
  const base = await commitOf(run, `refs/heads/${request.base}`);
  const head = await commitOf(run, request.head);
  await refuseCheckedOut(run, request);
  const { code, stdout } = await run(
    ['merge-tree', '--write-tree', '--name-only', '-z', base, head],
    {
      accept: [0, 1],
    },
  );
  const [tree = '', ...rest] = stdout.toString('utf8').split('\0');
  if (code === 1) throw conflict(request, rest.slice(0, rest.indexOf('')));
  const commit = await run(['commit-tree', tree.trim(), '-p', base, '-p', head, '-F', '-'], {
    input: request.message,
    env: identityOf(request.author),
  });
  const merged = commit.stdout.toString().trim();
  await run(['update-ref', `refs/heads/${request.base}`, merged, base]);
  return merged;
}

/** The first commit of the branch, along first parents, that has the commit behind it; null when it has it not. */
export async function containedBy(
  git: Git,
  { folder, commit, branch }: { folder: string; commit: string; branch: string },
): Promise<string | null> {
  const tip = `refs/heads/${branch}`;
  const options = { cwd: folder, accept: [0, 1, 128] };
  const { code } = await git.run(['merge-base', '--is-ancestor', commit, tip], options);
  if (code !== 0) return null;
  const range = ['--first-parent', '--ancestry-path', '--reverse', `${commit}..${tip}`];
  const { stdout } = await git.run(['rev-list', ...range], { cwd: folder });
  const [first = ''] = stdout.toString('utf8').split('\n');
  return first === '' ? commit : first;
}

/** Environment by which a commit gets the same id each time. */
export function identityOf(author: LocalMerge['author']): Record<string, string> {
  const date = `@${Math.floor(author.date.getTime() / 1000)} +0000`;
  return {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: author.name,
    GIT_COMMITTER_EMAIL: author.email,
    GIT_COMMITTER_DATE: date,
  };
}

async function commitOf(run: Git['run'], name: string): Promise<string> {
  const { code, stdout } = await run(
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`],
    { accept: [0, 1, 128] },
  );
  if (code === 0) return stdout.toString().trim();
  throw new AppError({
    kind: 'not_found',
    code: 'branch_not_found',
    message: `The repository has no ${name.replace('refs/heads/', 'branch ')}.`,
    next: 'Check the name of the branch.',
  });
}

/** A branch that is checked out anywhere is left to its person: moving it would make their files look changed. */
async function refuseCheckedOut(run: Git['run'], request: LocalMerge): Promise<void> {
  const { stdout } = await run(['worktree', 'list', '--porcelain', '-z']);
  const trees = stdout
    .toString('utf8')
    .split('\0\0')
    .map((block) => block.split('\0'));
  const holder = trees.find((lines) => lines.includes(`branch refs/heads/${request.base}`));
  if (holder === undefined || holder.includes('bare')) return;
  const folder = (holder[0] ?? '').replace(/^worktree /u, '');
  throw new AppError({
    kind: 'conflict',
    code: 'branch_checked_out',
    message: `The branch ${request.base} is checked out in ${folder}, and a checked-out branch is never moved.`,
    next: `Merge it there: git -C ${quoted(folder)} merge --no-ff ${quoted(request.head)}`,
    details: { folder, base: request.base, head: request.head },
  });
}

function conflict(request: LocalMerge, paths: readonly string[]): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'merge_conflict',
    message: `${request.head} does not merge into ${request.base}: ${paths.slice(0, 5).join(', ')} changed on both sides.`,
    next: 'Merge by hand, or requeue the task on the present base.',
    details: { paths: paths.slice(0, 100) },
  });
}

function quoted(text: string): string {
  return /^[\w./:@-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
