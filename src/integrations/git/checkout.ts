import { constants } from 'node:fs';
import { mkdir, open, symlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import { refusalOfName } from './entry-names.ts';
import type { Git } from './git.ts';
import { parseTree, type TreeEntry } from './git-output.ts';
import type { ObjectReader } from './object-reader.ts';

const atOnce = 32;

/** All entries of a commit's tree. */
export async function treeEntries(git: Git, gitDir: string, commit: string): Promise<TreeEntry[]> {
  const args = [`--git-dir=${gitDir}`, 'ls-tree', '-r', '-z', '--full-tree', commit];
  const { stdout } = await git.run(args, { maxBytes: 512 << 20 });
  return parseTree(stdout);
}

/**
 * Writes the entries below an empty folder: bytes as they are in the objects, no filter, no hook, no line ending changed.
 * Links come last, so that nothing is ever written through one. A submodule becomes an empty folder.
 */
export async function writeTree(
  objects: ObjectReader,
  entries: readonly TreeEntry[],
  folder: string,
): Promise<void> {
  for (const entry of entries) refuseOddPath(entry);
  const folders = new Set(entries.map(({ path: place }) => path.dirname(place)));
  for (const { mode, path: place } of entries) if (mode === '160000') folders.add(place);
  for (const place of folders) await mkdir(path.join(folder, place), { recursive: true });
  await inParallel(
    entries.filter(({ mode }) => mode.startsWith('100')),
    async (entry) => await writeFileEntry(objects, entry, folder),
  );
  for (const entry of entries.filter(({ mode }) => mode === '120000')) {
    const target = await contentOf(objects, entry);
    await symlink(target, path.join(folder, entry.path));
  }
}

async function writeFileEntry(
  objects: ObjectReader,
  entry: TreeEntry,
  folder: string,
): Promise<void> {
  const content = await contentOf(objects, entry);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(
    path.join(folder, entry.path),
    flags,
    entry.mode === '100755' ? 0o755 : 0o644,
  );
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

async function contentOf(objects: ObjectReader, entry: TreeEntry): Promise<Buffer> {
  const object = await objects.read(entry.oid);
  if (object?.bytes) return object.bytes;
  throw new AppError({
    kind: 'invalid_input',
    code: object === null ? 'object_missing' : 'file_too_large',
    message:
      object === null
        ? `The repository has lost the content of ${entry.path}.`
        : `${entry.path} has ${object.size} bytes, too many for a workspace.`,
    details: { path: entry.path },
  });
}

function refuseOddPath(entry: TreeEntry): void {
  const why = entry.exact
    ? entry.path
        .split('/')
        .map(refusalOfName)
        .find((reason) => reason !== null)
    : 'a name that is not valid UTF-8';
  if (why === undefined || why === null) return;
  throw new AppError({
    kind: 'invalid_input',
    code: 'odd_path_in_repository',
    message: `The repository holds ${JSON.stringify(entry.path)}: ${why}. No workspace is made of it.`,
    next: 'Rename the file in the repository.',
    details: { path: entry.path },
  });
}

/** Runs the work over all items, a bounded number at a time. */
export async function inParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
