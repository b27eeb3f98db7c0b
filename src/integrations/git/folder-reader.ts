import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { FolderFile, FolderLook, FolderReader, FolderWalk } from '../../domain/ports/git.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Git } from './git.ts';
import { parseNul } from './git-output.ts';
import { looseHead, readRegular } from './ref-files.ts';

export interface FolderReaderDeps {
  readonly git: Git;
  /** Files above this are left out; default 5 MB. */
  readonly maxFileBytes?: number;
  /** Files a folder may have; default two million. */
  readonly maxFiles?: number;
}

const depthAtMost = 400;
const statsAtOnce = 64;

/** Builds the reader of folders as they lie on the disk. No link is followed, no submodule entered. */
export function createFolderReader(deps: FolderReaderDeps): FolderReader {
  const maxFileBytes = deps.maxFileBytes ?? 5_000_000;
  return {
    look: async (place) => await lookAt(deps.git, place),
    files: (look, options) => regularFiles(deps, look, options, maxFileBytes),
    read: async (look, file) => await readRegular(path.join(look.root, file), maxFileBytes),
  };
}

async function lookAt(git: Git, place: string): Promise<FolderLook> {
  const root = await realpath(place).catch(() => null);
  const facts = root === null ? null : await lstat(root);
  if (root === null || facts?.isDirectory() !== true) {
    throw new AppError({
      kind: 'not_found',
      code: 'folder_not_found',
      message: root === null ? `There is nothing at ${place}.` : `${place} is not a folder.`,
      next: 'Name a folder, a work tree or a bare repository.',
    });
  }
  const names = new Set(await readdir(root));
  if (names.has('.git')) {
    const gitDir = path.join(root, '.git');
    const head = await headOf(git, gitDir);
    if (head !== 'none') return { kind: 'work-tree', root, gitDir, commit: head };
  }
  if (names.has('HEAD') && names.has('objects') && names.has('refs')) {
    const head = await headOf(git, root);
    if (head !== 'none') return { kind: 'bare', root, gitDir: root, commit: head };
  }
  return { kind: 'folder', root, gitDir: null, commit: null };
}

/** Commit of HEAD, null before the first; `none` when the folder is no repository. */
async function headOf(git: Git, gitDir: string): Promise<string | null> {
  const loose = await looseHead(gitDir);
  if (loose !== null) return loose;
  const args = [`--git-dir=${gitDir}`, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}'];
  const { code, stdout } = await git.run(args, { accept: [0, 1, 128] });
  if (code === 128) return 'none';
  return code === 0 ? stdout.toString().trim() : null;
}

async function* regularFiles(
  deps: FolderReaderDeps,
  look: FolderLook,
  options: FolderWalk,
  maxFileBytes: number,
): AsyncIterable<FolderFile> {
  const names =
    look.kind === 'work-tree' ? trackedAndNew(deps.git, look, options) : walked(look.root, options);
  let batch: string[] = [];
  let count = 0;
  const facts = async () =>
    await Promise.all(batch.map(async (name) => await factsOf(look.root, name)));
  const usable = (files: readonly (FolderFile | null)[]) =>
    files.filter((file) => file !== null).filter(({ size }) => size <= maxFileBytes);
  for await (const name of names) {
    options.signal?.throwIfAborted();
    count += 1;
    if (count > (deps.maxFiles ?? 2_000_000)) throw tooMany(count);
    batch.push(name);
    if (batch.length < statsAtOnce) continue;
    yield* usable(await facts());
    batch = [];
  }
  yield* usable(await facts());
}

/** Tracked files and new ones that no rule ignores; git reads its index and the ignore files, runs nothing. */
async function* trackedAndNew(
  git: Git,
  look: FolderLook,
  options: FolderWalk,
): AsyncIterable<string> {
  const child = git.start(
    [
      `--git-dir=${look.gitDir ?? ''}`,
      `--work-tree=${look.root}`,
      'ls-files',
      '-z',
      '--cached',
      '--others',
      '--exclude-standard',
      '--deduplicate',
    ],
    { cwd: look.root, signal: options.signal },
  );
  child.stdin.end();
  try {
    for await (const name of parseNul(child.stdout)) {
      // A name that ends with a slash is a repository of its own.
      if (!name.endsWith('/') && !options.skip(path.posix.dirname(name))) yield name;
    }
    const { code, stderr } = await child.done;
    if (code === 0) return;
    throw new AppError({
      kind: 'unavailable',
      code: 'work_tree_unreadable',
      message: `git could not list the files of ${look.root}: ${stderr.trim().split('\n').at(-1) ?? ''}`,
    });
  } finally {
    child.kill();
  }
}

/** All files below a folder without git, outermost first. */
async function* walked(root: string, options: FolderWalk): AsyncIterable<string> {
  const submodules = await declaredSubmodules(root);
  const waiting: { folder: string; depth: number }[] = [{ folder: '', depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { folder, depth } = next;
    const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(
      (): Dirent[] => [],
    );
    if (folder !== '' && (await isSubmodule(root, folder, entries))) continue;
    for (const entry of entries) {
      const place = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isFile()) yield place;
      else if (entry.isDirectory() && entry.name !== '.git' && depth < depthAtMost) {
        if (!submodules.has(place) && !options.skip(place))
          waiting.push({ folder: place, depth: depth + 1 });
      }
    }
  }
}

async function declaredSubmodules(root: string): Promise<ReadonlySet<string>> {
  const text = (await readRegular(path.join(root, '.gitmodules'), 1 << 20))?.toString() ?? '';
  return new Set([...text.matchAll(/^\s*path\s*=\s*(.+?)\s*$/gmu)].map((match) => match[1] ?? ''));
}

/** The checkout of a submodule has a file `.git` that points into its parent's modules. */
async function isSubmodule(
  root: string,
  folder: string,
  entries: readonly Dirent[],
): Promise<boolean> {
  if (!entries.some((entry) => entry.name === '.git' && entry.isFile())) return false;
  const text = await readFile(path.join(root, folder, '.git'), 'utf8').catch(() => '');
  return text.includes('/modules/');
}

async function factsOf(root: string, name: string): Promise<FolderFile | null> {
  const facts = await lstat(path.join(root, name)).catch(() => null);
  if (facts?.isFile() !== true) return null;
  return {
    path: name,
    size: facts.size,
    version: `${facts.size}:${facts.mtimeMs}:${facts.ctimeMs}:${facts.ino}`,
  };
}

function tooMany(count: number): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'too_many_files',
    message: `The folder has more than ${count - 1} files.`,
    next: 'Scan a part of it.',
  });
}
