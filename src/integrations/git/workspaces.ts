import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Mirror, Workspace, Workspaces } from '../../domain/ports/git.ts';
import { AppError } from '../../lib/app-error.ts';
import { removeTree } from '../../lib/remove-tree.ts';
import { treeEntries, writeTree } from './checkout.ts';
import { type ExportLimits, exportWorkspace } from './export.ts';
import type { Git } from './git.ts';
import { openObjectReader } from './object-reader.ts';

export interface WorkspacesDeps {
  readonly git: Git;
  /** Folder that holds the workspaces, one folder a run; made when missing. */
  readonly root: string;
  /**
   * Of this process, added to the names of its folders: one that was taken for dead and goes on never meets the folder of
   * the one that took its run over. Letters, digits and `-`.
   */
  readonly maker?: string;
  readonly limits?: Partial<ExportLimits>;
}

/** Where the parts of one run lie. Only `work` is ever shown to an agent. */
interface Places {
  readonly run: string;
  readonly work: string;
  readonly clean: string;
}

const largestFile = 512 << 20;

/** Builds the workspaces. */
export function createWorkspaces(deps: WorkspacesDeps): Workspaces {
  return {
    create: async ({ runId, mirror }) => await createWorkspace(deps, runId, mirror),
    sweep: async (live) => {
      const found = await readdir(deps.root).catch(() => []);
      const dead = found.filter((name) => !live.has(runOfFolder(name)));
      for (const name of dead) await removeTree(path.join(deps.root, name));
      return dead;
    },
    holds: async ({ gitDir, sha }) => {
      const there = await stat(path.join(gitDir, 'HEAD')).catch(() => null);
      if (there === null) return false;
      const args = [`--git-dir=${gitDir}`, 'cat-file', '-e', `${sha}^{commit}`];
      return (await deps.git.run(args, { accept: [0, 1, 128] })).code === 0;
    },
  };
}

/** The run that a folder of the workspaces belongs to. */
export function runOfFolder(name: string): string {
  return name.split('.')[0] ?? name;
}

async function createWorkspace(
  deps: WorkspacesDeps,
  runId: string,
  mirror: Mirror,
): Promise<Workspace> {
  const places = placesOf(deps, runId);
  await removeTree(places.run);
  await mkdir(places.work, { recursive: true, mode: 0o755 });
  try {
    // Side by side, for a person waits: neither needs the other until the files lie there.
    const filled = async (): Promise<void> => {
      await makeCleanClone(deps.git, places.clean, mirror);
      await fillWorkTree(deps.git, places, mirror.commit);
    };
    await bothEnded(filled(), makeAgentRepository(deps.git, places, mirror));
    await tellFiles(deps.git, places);
  } catch (thrown) {
    await removeTree(places.run);
    throw thrown;
  }
  return {
    runId,
    folder: places.work,
    baseCommit: mirror.commit,
    export: async () =>
      await exportWorkspace({
        git: deps.git,
        folder: places.work,
        gitDir: places.clean,
        scratch: places.run,
        baseCommit: mirror.commit,
        limits: deps.limits ?? {},
      }),
    remove: async () => await removeTree(places.run),
  };
}

function placesOf({ root, maker }: WorkspacesDeps, runId: string): Places {
  if (!/^[\w-]{1,150}$/u.test(runId)) {
    throw new AppError({
      kind: 'invalid_input',
      code: 'odd_run_id',
      message: `${JSON.stringify(runId)} cannot name a workspace.`,
    });
  }
  const run = path.join(path.resolve(root), maker === undefined ? runId : `${runId}.${maker}`);
  return { run, work: path.join(run, 'work'), clean: path.join(run, 'clean.git') };
}

/** Our own bare clone: the base commit copied out of the mirror, so that the mirror may be packed or dropped meanwhile. */
async function makeCleanClone(git: Git, clean: string, mirror: Mirror): Promise<void> {
  await git.run(['init', '--quiet', '--bare', '--template=', clean]);
  await copyCommit(git, mirror.gitDir, clean, mirror.commit, 'refs/cms/base');
}

async function copyCommit(
  git: Git,
  from: string,
  to: string,
  commit: string,
  ref: string,
): Promise<void> {
  await git.run(
    [
      `--git-dir=${to}`,
      '-c',
      'transfer.fsckObjects=false',
      'fetch',
      '--quiet',
      '--depth=1',
      '--no-tags',
      '--no-write-fetch-head',
      '--update-shallow',
      // The branch of a repository that was just made has no files yet.
      '--update-head-ok',
      '--',
      from,
      `${commit}:${ref}`,
    ],
    { protocols: ['file'], deadlineMs: 600_000 },
  );
}

async function fillWorkTree(git: Git, places: Places, commit: string): Promise<void> {
  const objects = openObjectReader(git, places.clean, largestFile);
  try {
    await writeTree(objects, await treeEntries(git, places.clean, commit), places.work);
  } finally {
    objects.close();
  }
}

/** A repository of the agent's own, with the base commit and nothing that points out of the folder. */
async function makeAgentRepository(git: Git, places: Places, mirror: Mirror): Promise<void> {
  const gitDir = path.join(places.work, '.git');
  await git.run(['init', '--quiet', '--template=', '--initial-branch=work', places.work]);
  await copyCommit(git, mirror.gitDir, gitDir, mirror.commit, 'refs/heads/work');
  await git.run([`--git-dir=${gitDir}`, `--work-tree=${places.work}`, 'read-tree', mirror.commit]);
  await mkdir(path.join(gitDir, 'info'), { recursive: true });
  await writeFile(
    path.join(gitDir, 'info', 'exclude'),
    'node_modules/\n__pycache__/\n.claude-flow/\n.hive-mind/\n',
  );
  const config = await readFile(path.join(gitDir, 'config'), 'utf8');
  if (!config.includes('[user]')) {
    await appendFile(
      path.join(gitDir, 'config'),
      '[user]\n\tname = agent\n\temail = agent@localhost\n',
    );
  }
}

/** Tells the index the times and sizes of the files, so that nothing looks changed. */
async function tellFiles(git: Git, { work }: Places): Promise<void> {
  const here = [`--git-dir=${path.join(work, '.git')}`, `--work-tree=${work}`];
  await git.run([...here, 'update-index', '-q', '--refresh'], {
    accept: [0, 1],
    deadlineMs: 300_000,
  });
}

/** Throws what the first one threw, but only when nothing works in the folder any more. */
async function bothEnded(...works: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(works);
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
