import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Disk, in bytes, of files that these processes hold open and that no folder has any more, as far as they lie on the
 * disks of the folders (proc(5), `/proc/pid/fd`). Each file counts once. Null where one of them does not let itself be
 * asked, programs of the sandbox apart.
 */
export async function deletedBytes(
  pids: Iterable<number>,
  folders: readonly string[],
): Promise<number | null> {
  const disks = new Set(await Promise.all(folders.map(diskOf)));
  const files = new Map<string, number>();
  const closed: number[] = [];
  const all = [...pids];
  for (const pid of all) {
    const open = `/proc/${pid}/fd`;
    const names = await readdir(open).catch((cause: NodeJS.ErrnoException) =>
      ['ENOENT', 'ESRCH'].includes(cause.code ?? '') ? [] : null,
    );
    if (names === null) closed.push(pid);
    for (const name of names ?? []) {
      // Closed meanwhile: null.
      const file = await stat(join(open, name)).catch(() => null);
      if (file === null || !file.isFile() || file.nlink > 0 || !disks.has(file.dev)) continue;
      files.set(`${file.dev}:${file.ino}`, file.blocks * 512);
    }
  }
  if (closed.length > 0 && !(await areOfSandbox(closed, all))) return null;
  return [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/**
 * Programs of the sandbox stand round the innermost namespace of processes, or are its first process, and foreign code
 * can make no further one. Some of them close themselves on purpose.
 */
async function areOfSandbox(closed: readonly number[], all: readonly number[]): Promise<boolean> {
  const innermost = Math.max(...(await Promise.all(all.map(idsOf))).map((ids) => ids.length));
  const own = await Promise.all(closed.map(idsOf));
  return own.every((ids) => ids.length < innermost || (innermost > 1 && ids.at(-1) === 1));
}

/** Its ids from our namespace of processes to its own (proc(5), `NSpid`); none when it is gone. */
async function idsOf(pid: number): Promise<readonly number[]> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  return /^NSpid:\s+(.+)$/m.exec(status)?.[1]?.trim().split(/\s+/).map(Number) ?? [];
}

async function diskOf(folder: string): Promise<number | null> {
  const found = await stat(folder).catch(() => null);
  return found === null ? null : found.dev;
}
