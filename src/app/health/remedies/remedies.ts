import type { Clock } from '../../../lib/clock.ts';
import type { Random } from '../../../lib/random.ts';
import type { Remedy } from '../../../platform/health/healer.ts';
import { freeDisk, type LeftoverParts, removeLeftovers } from './leftovers.ts';
import { keepLogQuota } from './log-quota.ts';
import { freeMemory } from './memory.ts';
import { freeStaleLock } from './stale-lock.ts';
import { type BreakerRemedyParts, releaseBreakers } from './stuck-breakers.ts';

export interface RemedyParts extends Omit<BreakerRemedyParts, 'now'> {
  readonly clock: Clock;
  readonly random: Random;
  readonly dataDir: string;
  readonly logs: { readonly folder: string; readonly quotaBytes: number };
  readonly leftovers: LeftoverParts;
  readonly isMemoryTight: () => boolean;
  readonly askDatabase: () => Promise<unknown>;
  readonly removeExpired: () => Promise<{ readonly sessions: number; readonly tokens: number }>;
  readonly maintainVault: () => Promise<void>;
  /** Ends runs that no process works on, and takes writes outside further. */
  readonly settleLeftovers: () => Promise<number>;
}

/** Everything that is mended without a person; a new remedy is one line here. */
export function openRemedies(parts: RemedyParts): readonly Remedy[] {
  const { clock } = parts;
  const settle = async (): Promise<string> =>
    `Settled ${await parts.settleLeftovers()} writes and runs that nobody worked on.`;
  return [
    {
      name: 'reconnect_database',
      check: 'database',
      isLastResort: true,
      // One use lasts as long as the database is away: else the last would end before it is back, and nobody said that it is.
      actsMs: 30 * 60_000,
      // A stopped embedded server is started by its watcher, which looks every second.
      act: async (signal) => {
        for (let tries = 1; ; tries += 1) {
          signal.throwIfAborted();
          const isBack = await parts.askDatabase().then(
            () => true,
            () => false,
          );
          if (isBack) return `Connected again at try ${tries}.`;
          await clock.sleep(250, signal);
        }
      },
    },
    freeStaleLock(parts.dataDir, parts),
    freeMemory(clock, parts.isMemoryTight),
    removeLeftovers(parts.leftovers),
    freeDisk(parts.leftovers),
    keepLogQuota(parts.logs.folder, parts.logs.quotaBytes),
    {
      name: 'remove_expired_sessions',
      check: 'expired_sessions',
      act: async () => {
        const { sessions, tokens } = await parts.removeExpired();
        return `Removed ${sessions} ended sessions and ${tokens} ended tokens.`;
      },
    },
    {
      name: 'rotate_credentials',
      check: 'vault',
      act: async () => {
        await parts.maintainVault();
        return 'Rotated the credentials that are due and have a way to rotate.';
      },
    },
    { name: 'settle_stuck_runs', check: 'stuck_runs', act: settle },
    { name: 'settle_leases', check: 'leases', act: settle },
    releaseBreakers({ ...parts, now: () => clock.now() }),
  ];
}
