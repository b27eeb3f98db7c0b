import { lstat, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runOfFolder } from '../../../integrations/git/workspaces.ts';
import { removeTree } from '../../../lib/remove-tree.ts';
import type { HealthCheck } from '../../../platform/health/check.ts';
import { sizeOfFolder } from '../../../platform/health/folder-checks.ts';
import type { Remedy } from '../../../platform/health/healer.ts';
import { highIsBad } from '../../../platform/health/level.ts';

export interface LeftoverParts {
  /** Where runs have their folders, one each, named by the run. */
  readonly folder: string;
  readonly liveRuns: () => Promise<ReadonlySet<string>>;
  readonly quotaBytes: number;
  readonly now: () => Date;
}

/** A run has its folder a moment before it is written down; such a young one is nobody's leftover. */
const youngMs = 600_000;

/** Folders of runs that ended, and nothing else. */
async function leftovers({ folder, liveRuns, now }: LeftoverParts): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    const changed = (await lstat(path).catch(() => null))?.mtimeMs ?? Number.POSITIVE_INFINITY;
    if (now().getTime() - changed > youngMs) found.push(path);
  }
  if (found.length === 0) return [];
  const live = await liveRuns();
  return found.filter((path) => !live.has(runOfFolder(basename(path))));
}

export function leftoverCheck(parts: LeftoverParts): HealthCheck {
  return {
    name: 'temporary_files',
    category: 'resources',
    critical: false,
    measure: async (signal) => {
      const paths = await leftovers(parts);
      let bytes = 0;
      for (const path of paths) bytes += await sizeOfFolder(path, signal);
      const megabytes = Math.round(bytes / 2 ** 20);
      const quota = Math.round(parts.quotaBytes / 2 ** 20);
      return highIsBad({
        value: megabytes,
        unit: 'MB',
        odd: quota,
        bad: quota * 10,
        evidence: `${paths.length} folders of ended runs take ${megabytes} MB in ${parts.folder}.`,
        remedy: 'The running service removes them; start it.',
      });
    },
  };
}

/** More than their quota is taken. */
export function removeLeftovers(parts: LeftoverParts): Remedy {
  return { name: 'remove_temporary_files', check: 'temporary_files', ...removal(parts) };
}

/** The disk of the data is nearly full: whatever they take is given back. */
export function freeDisk(parts: LeftoverParts): Remedy {
  return {
    name: 'free_disk',
    check: 'disk',
    canHelp: async () => (await leftovers(parts)).length > 0,
    ...removal(parts),
  };
}

function removal(parts: LeftoverParts): Pick<Remedy, 'act'> {
  return {
    act: async (signal) => {
      const paths = await leftovers(parts);
      for (const path of paths) {
        signal.throwIfAborted();
        await removeTree(path);
      }
      return `Removed ${paths.length} folders of ended runs.`;
    },
  };
}
