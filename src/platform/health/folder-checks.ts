import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HealthCheck } from './check.ts';
import { highIsBad } from './level.ts';

/** What the files below a folder take; one that is not there takes nothing. Links are not followed. */
export async function sizeOfFolder(folder: string, signal?: AbortSignal): Promise<number> {
  let bytes = 0;
  const names = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of names) {
    signal?.throwIfAborted();
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await sizeOfFolder(path, signal);
    else bytes += (await lstat(path).catch(() => null))?.size ?? 0; // gone meanwhile
  }
  return bytes;
}

/** What lies in folders of ours against what may lie there. */
export function folderCheck(options: {
  readonly name: string;
  readonly folders: readonly string[];
  readonly quotaBytes: number;
  readonly remedy: string;
}): HealthCheck {
  const { name, folders, quotaBytes, remedy } = options;
  return {
    name,
    category: 'resources',
    critical: false,
    measure: async (signal) => {
      let bytes = 0;
      for (const folder of folders) bytes += await sizeOfFolder(folder, signal);
      const megabytes = (count: number): number => Math.round((count / 2 ** 20) * 10) / 10;
      const quota = megabytes(quotaBytes);
      return highIsBad({
        value: megabytes(bytes),
        unit: 'MB',
        odd: quota,
        bad: quota * 2,
        evidence: `${megabytes(bytes)} of ${quota} MB are used in ${folders.join(', ')}.`,
        remedy,
      });
    },
  };
}
