import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../lib/clock.ts';
import type { Random } from '../../../lib/random.ts';
import { isStaleLock, withFileLock } from '../../../platform/database/embedded/file-lock.ts';
import type { HealthCheck } from '../../../platform/health/check.ts';
import { notMeasured } from '../../../platform/health/check.ts';
import type { Remedy } from '../../../platform/health/healer.ts';
import { highIsBad } from '../../../platform/health/level.ts';

async function lockOf(dataDir: string): Promise<string | null> {
  const home = await realpath(join(dataDir, 'postgres')).catch(() => null);
  return home === null ? null : join(home, 'lock');
}

/** The lock file of the embedded database, whose holder may have died. Locks in the database go with their session. */
export function lockCheck(dataDir: string): HealthCheck {
  return {
    name: 'locks',
    category: 'resources',
    critical: false,
    measure: async () => {
      const path = await lockOf(dataDir);
      if (path === null) return notMeasured('There is no embedded database here.');
      const isStale = await isStaleLock(path);
      return highIsBad({
        value: isStale ? 1 : 0,
        unit: 'count',
        odd: 1,
        bad: 2,
        evidence: isStale ? `The holder of ${path} is dead.` : 'No lock has a dead holder.',
        remedy: 'Any command on this data folder takes it over.',
      });
    },
  };
}

/** Takes the lock over as the next user would, and lets it go. */
export function freeStaleLock(
  dataDir: string,
  deps: { readonly clock: Clock; readonly random: Random },
): Remedy {
  return {
    name: 'free_stale_lock',
    check: 'locks',
    act: async () => {
      const path = await lockOf(dataDir);
      if (path !== null) await withFileLock(path, deps, async () => undefined);
      return `Took ${path ?? 'no lock'} over from its dead holder and let it go.`;
    },
  };
}
