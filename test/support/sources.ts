import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Whether a file is there and none of the sources, files or folders whose tests do not count, was written after it. */
export async function isNewerThan(built: string, sources: readonly string[]): Promise<boolean> {
  const times = sources.map((one) => newestBelow(join(root, one)));
  return (await changedAt(join(root, built))) >= Math.max(...(await Promise.all(times)));
}

async function newestBelow(place: string): Promise<number> {
  const { isDirectory, mtimeMs } = await stat(place).then((found) => ({
    isDirectory: found.isDirectory(),
    mtimeMs: found.mtimeMs,
  }));
  if (!isDirectory) return mtimeMs;
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const times = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => changedAt(join(entry.parentPath, entry.name)));
  return Math.max(0, ...(await Promise.all(times)));
}

/** Milliseconds since the epoch; 0 when it is not there. */
async function changedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
