import { toAppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import type { ArchiveStanding } from '../../platform/archive/archive-check.ts';
import { archiveFolderOf, listChains } from '../../platform/archive/archive-folder.ts';
import { type Archiver, createArchiver } from '../../platform/archive/archiver.ts';
import { dropSlot } from '../../platform/archive/slot.ts';
import type { Config } from '../../platform/config/schema.ts';
import { layoutOf } from '../../platform/database/embedded/layout.ts';
import { startPeriodic } from '../../platform/durable/periodic.ts';
import { loadOrCreateKey } from '../../platform/effects/key-file.ts';
import { correlationIdHere } from '../../platform/logging/context.ts';
import { backupFolderOf } from './backup-place.ts';
import { backupKeyFile } from './open-backup.ts';
import type { StoreRooms } from './open-store.ts';

/** The archive of the embedded database, kept while a service serves. */
export interface ArchiveRooms {
  /** Null while this process keeps none. */
  readonly standing: () => ArchiveStanding | null;
  /** Begins to keep it; the answer brings it up to now and ends that. */
  keep(): () => Promise<void>;
}

/**
 * A service that has just begun lets its archive wait so many rounds, or so many milliseconds where that is less. The first
 * base of a new system waits until its start is long over: it is a whole copy.
 */
const wait = {
  archived: { rounds: 2, mostMs: 60_000 },
  fresh: { rounds: 10, mostMs: 300_000 },
} as const;

export function openArchive({
  config,
  store,
  version,
  log,
}: {
  readonly config: Config;
  readonly store: Pick<StoreRooms, 'database' | 'audit'>;
  readonly version: string;
  readonly log: Log;
}): ArchiveRooms {
  const { archiveSeconds, archiveDays } = config.backup;
  const { database, audit } = store;
  const everyMs = archiveSeconds * 1000;
  const folder = archiveFolderOf(backupFolderOf(config));
  const clock = systemClock;
  let standing: ArchiveStanding | null = null;
  let archiver: Archiver | null = null;
  let told: string | null = null;

  const opened = async (): Promise<Archiver> => {
    const layout = await layoutOf(config.dataDir);
    if (layout === undefined) throw new Error('The embedded database has no folder.');
    return createArchiver({
      database,
      cluster: layout.cluster,
      folder,
      key: await loadOrCreateKey(backupKeyFile(config.dataDir), systemRandom),
      program: version,
      keepDays: archiveDays,
      clock,
      random: systemRandom,
      onBroken: async (reason) => {
        log.error(
          { code: 'archive_broken', folder, reason },
          'The archive has a gap from here on.',
        );
        await audit.record(null, {
          event: 'backup.archive_broken',
          outcome: 'failed',
          actor: { kind: 'system', name: 'archive' },
          target: null,
          correlationId: correlationIdHere(systemRandom),
          reason,
          facts: { folder },
        });
      },
      onBase: (error) => {
        if (error === null) log.info({ folder }, 'A base of the database was written.');
        else failed(error);
      },
    });
  };

  const failed = (error: unknown): void => {
    const { code, message } = toAppError(error);
    standing = { wholeAtMs: clock.monotonicMs(), isNew: true, ...standing, problem: message };
    // Once, not at every round.
    if (told !== code)
      log.error({ code: 'archive_failed', folder, error }, 'The database was not archived.');
    told = code;
  };

  const round = async (): Promise<void> => {
    const beganMs = clock.monotonicMs();
    try {
      archiver ??= await opened();
      const { hasBase } = await archiver.round();
      // Without a base nothing of it can be restored.
      if (hasBase) {
        standing = { wholeAtMs: beganMs, problem: null, isNew: false };
        told = null;
      }
    } catch (error) {
      failed(error);
    }
  };

  return {
    standing: () => standing,
    keep: () => {
      if (database.kind !== 'embedded') return async () => undefined;
      if (everyMs === 0) {
        // The server would keep its log for nobody.
        const dropped = dropSlot(database).catch((error: unknown) => {
          log.warn({ error }, 'The database goes on to keep its log for an archive.');
        });
        return async () => await dropped;
      }
      const beganMs = clock.monotonicMs();
      const waitMs = ({ rounds, mostMs }: { readonly rounds: number; readonly mostMs: number }) =>
        Math.min(mostMs, rounds * everyMs);
      standing = { wholeAtMs: beganMs + waitMs(wait.fresh), problem: null, isNew: true };
      const isTime = async (): Promise<boolean> => {
        const waitedMs = clock.monotonicMs() - beganMs;
        if (waitedMs >= waitMs(wait.fresh)) return true;
        return waitedMs >= waitMs(wait.archived) && (await listChains(folder)).length > 0;
      };
      const stop = startPeriodic(
        {
          name: 'archive',
          everyMs,
          work: async () => {
            if (await isTime()) await round();
          },
        },
        { clock, random: systemRandom, log },
      );
      return async () => {
        await stop();
        if (await isTime()) await round();
        await archiver?.close();
      };
    },
  };
}
