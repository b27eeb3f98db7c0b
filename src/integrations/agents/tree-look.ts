import type { Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** What was seen of some folders. */
export interface TreeLook {
  /** Newest modification time, in ms since 1970. */
  newestMs: number;
  /** Disk that is taken, in bytes. */
  bytes: number;
  /** False where something could not be looked into: it is closed to us, or lies too deep. */
  isWhole: boolean;
}

interface LookBounds {
  /** Taken disk at which the walk may end, since more is too much in any case. */
  readonly mostBytes: number;
  /** True when nobody wants the answer any more. */
  readonly isOver: () => boolean;
}

/**
 * The least that a file, link or folder counts, in bytes: an empty one takes a name, an inode and the time of who looks,
 * so with the bytes their number is bounded as well.
 */
export const leastEntryBytes = 4096;

/** Entries looked at together. */
const atOnce = 64;

/** Looks at all of the folders without following links; a file of several names counts once. Null when it is over. */
export async function lookAtTrees(
  roots: readonly string[],
  { mostBytes, isOver }: LookBounds,
): Promise<TreeLook | null> {
  const look: TreeLook = { newestMs: 0, bytes: 0, isWhole: true };
  const counted = new Set<string>();
  const folders = [...roots];
  const add = async (paths: readonly string[]): Promise<void> => {
    for (const found of await Promise.all(paths.map((path) => seen(path, look)))) {
      if (found === null) continue;
      look.newestMs = Math.max(look.newestMs, found.mtimeMs);
      look.bytes += Math.max(leastEntryBytes, isCounted(found, counted) ? 0 : found.blocks * 512);
    }
  };
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    if (isOver()) return null;
    let waiting = [folder];
    for await (const entry of await entriesOf(folder, look)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else waiting.push(path);
      if (waiting.length < atOnce) continue;
      await add(waiting);
      waiting = [];
      if (isOver()) return null;
      if (look.bytes > mostBytes) return look;
    }
    await add(waiting);
    if (look.bytes > mostBytes) return look;
  }
  return look;
}

function isCounted({ dev, ino, nlink }: Stats, counted: Set<string>): boolean {
  if (nlink < 2) return false;
  const file = `${dev}:${ino}`;
  if (counted.has(file)) return true;
  counted.add(file);
  return false;
}

type Entries = Awaited<ReturnType<typeof opendir>> | readonly [];

async function entriesOf(folder: string, look: TreeLook): Promise<Entries> {
  return (await unlessGone(opendir(folder, { bufferSize: 256 }), look)) ?? [];
}

async function seen(path: string, look: TreeLook): Promise<Stats | null> {
  return await unlessGone(lstat(path), look);
}

/** What is gone meanwhile counts nothing; what does not let itself be seen is noted. */
async function unlessGone<T>(asked: Promise<T>, look: TreeLook): Promise<T | null> {
  try {
    return await asked;
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (!['ENOENT', 'ENOTDIR'].includes(code)) look.isWhole = false;
    return null;
  }
}
