import { chmod, lstat, mkdtemp, readdir, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Longest path that is made longer by going into a folder; the system takes 4,096 bytes. */
const longestPath = 2000;

/**
 * Removes a folder that foreign programs wrote into and in which none of them works any more, also where they closed
 * folders to us or put them deeper below each other than a path may name. Links are removed, not followed; nothing is
 * done where nothing is.
 */
export async function removeTree(root: string): Promise<void> {
  try {
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (!['EACCES', 'EPERM', 'ENAMETOOLONG'].includes(code)) throw cause;
    await emptyFolders(root);
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Opens every folder, removes what is no folder, and lifts up what lies deep. */
async function emptyFolders(root: string): Promise<void> {
  if (!(await lstat(root)).isDirectory()) return;
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    await chmod(folder, 0o700);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) await unlink(path);
      else if (path.length <= longestPath) folders.push(path);
      else {
        // It moves only when it may be written itself, since its `..` changes.
        await chmod(path, 0o700);
        const lifted = await mkdtemp(join(root, 'lifted-'));
        await rename(path, lifted);
        folders.push(lifted);
      }
    }
  }
}
