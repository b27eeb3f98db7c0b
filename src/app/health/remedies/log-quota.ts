import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sizeOfFolder } from '../../../platform/health/folder-checks.ts';
import type { Remedy } from '../../../platform/health/healer.ts';

/** Names that the logger gives to rotated files; nothing else is touched. */
const rotated = /^(?:application|security|performance|errors)\.json\..+$/u;

/** Removes the oldest rotated files until the folder is under its quota. */
export function keepLogQuota(folder: string, quotaBytes: number): Remedy {
  return {
    name: 'remove_old_logs',
    check: 'logs',
    act: async (signal) => {
      const files = [];
      for (const name of await readdir(folder)) {
        if (!rotated.test(name)) continue;
        const path = join(folder, name);
        const stat = await lstat(path).catch(() => null);
        if (stat?.isFile() === true) files.push({ path, size: stat.size, at: stat.mtimeMs });
      }
      let bytes = await sizeOfFolder(folder, signal);
      let removed = 0;
      for (const { path, size } of files.toSorted((a, b) => a.at - b.at)) {
        if (bytes < quotaBytes) break;
        await rm(path, { force: true });
        bytes -= size;
        removed += 1;
      }
      return `Removed ${removed} rotated log files.`;
    },
  };
}
