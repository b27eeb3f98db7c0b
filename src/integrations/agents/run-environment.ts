import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { removeTree } from '../../lib/remove-tree.ts';
import { locateProgram, type ProgramPlaces } from './locate-program.ts';

/** The folders of one run that are not its work tree. */
export interface RunFolders {
  readonly root: string;
  readonly home: string;
  readonly promptFile: string;
  remove(): Promise<void>;
}

export async function makeRunFolders(tempRoot: string, prompt: string): Promise<RunFolders> {
  await mkdir(tempRoot, { recursive: true, mode: 0o700 });
  const root = await mkdtemp(join(tempRoot, 'run-'));
  const home = join(root, 'home');
  await mkdir(home);
  const promptFile = join(home, 'task.md');
  await writeFile(promptFile, prompt, { mode: 0o644 });
  return {
    root,
    home,
    promptFile,
    remove: () => removeTree(root),
  };
}

/** The environment that every program in a sandbox gets; nothing of ours is inherited. */
export function baseEnvironment(home: string, nodePath: string): Readonly<Record<string, string>> {
  return {
    PATH: `${join(home, '.programs')}:${dirname(nodePath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: home,
    USER: 'agent',
    LOGNAME: 'agent',
    SHELL: '/bin/sh',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    NO_COLOR: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_PAGER: 'cat',
  };
}

/** Puts programs of this machine on the run's PATH as links in its home, and says what must be readable for them. */
export async function linkPrograms(
  home: string,
  programs: readonly string[],
  places: ProgramPlaces,
): Promise<readonly string[]> {
  const folder = join(home, '.programs');
  await mkdir(folder);
  const readable: string[] = [];
  for (const program of programs) {
    const located = await locateProgram([program], places);
    const target = located.argv[0] ?? '';
    if (target.startsWith('/')) await symlink(target, join(folder, basename(program)));
    readable.push(...located.readable);
  }
  return readable;
}
