import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import type { ArchiveSpan, BackupFacts } from '../../operations/backups/contract.ts';
import { createBackup } from '../../operations/backups/contract.ts';
import { backupHandlers } from '../../operations/backups/handlers.ts';
import type { Gate, Served } from '../../operations/gate.ts';
import { archiveFolderOf, listChains } from '../../platform/archive/archive-folder.ts';
import { restorableOf } from '../../platform/archive/moments.ts';
import { verifyChains } from '../../platform/archive/verify-chains.ts';
import { backupName, listBackups, pruneBackups } from '../../platform/backup/backup-folder.ts';
import type { BackupManifest } from '../../platform/backup/manifest.ts';
import { openBackup } from '../../platform/backup/open-backup.ts';
import { thenClosed } from '../../platform/backup/sealed-file.ts';
import { writeBackup } from '../../platform/backup/write-backup.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { PeriodicDeps } from '../../platform/durable/periodic.ts';
import { startPeriodic } from '../../platform/durable/periodic.ts';
import { loadOrCreateKey } from '../../platform/effects/key-file.ts';
import { backupFolderOf } from './backup-place.ts';
import type { StoreRooms } from './open-store.ts';

/** By which backups are sealed; a restore needs it, with the other keys. */
export function backupKeyFile(dataDir: string): string {
  return join(dataDir, 'keys', 'backup.key');
}

/** What can be asked about backups while a service may run. */
export function backupOperations({
  store,
  config,
  version,
}: {
  readonly store: Pick<StoreRooms, 'database' | 'audit'>;
  readonly config: () => Config;
  readonly version: string;
}): readonly Served[] {
  const key = (): Promise<Buffer> => loadOrCreateKey(backupKeyFile(config().dataDir), systemRandom);
  const folder = (): string => backupFolderOf(config());
  return backupHandlers({
    folder,
    list: () => listBackups(folder()),
    moments: () => momentsOf(archiveFolderOf(folder())),
    verifyArchive: async () => {
      const archive = archiveFolderOf(folder());
      await verifyChains(await listChains(archive), await key());
      return await momentsOf(archive);
    },
    create: async (named, { signal }) => {
      // What is in the log is signed before the snapshot, so that a restore finds as little unsigned as can be.
      await store.audit.checkpoint();
      const file =
        named === undefined ? join(folder(), backupName(systemClock.now())) : resolve(named);
      const { manifest, bytes } = await writeBackup(
        { database: store.database, file, key: await key(), program: version, signal },
        { clock: systemClock, random: systemRandom },
      );
      return factsOf(file, bytes, manifest);
    },
    verify: async (named) => {
      const file = resolve(named);
      const backup = await openBackup(file, await key());
      const manifest = await thenClosed(backup, backup.verify());
      return factsOf(file, backup.bytes, manifest);
    },
  });
}

async function momentsOf(archive: string): Promise<readonly ArchiveSpan[]> {
  const spans = (await listChains(archive)).flatMap((chain) => restorableOf(chain));
  return await Promise.all(
    spans.map(async ({ chain, from, until, bases, pieces }) => {
      const files = [...bases, ...pieces].map(({ file }) => file);
      const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
      return {
        from: from.toISOString(),
        until: until.toISOString(),
        system: chain.system,
        bases: bases.length,
        pieces: pieces.length,
        bytes: sizes.reduce((sum, size) => sum + size, 0),
      };
    }),
  );
}

export function factsOf(file: string, bytes: number, manifest: BackupManifest): BackupFacts {
  return {
    file,
    bytes,
    at: manifest.createdAt,
    program: manifest.program,
    tables: manifest.tables.length,
    rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
  };
}

/** A service that has just begun lets its first backup wait so long. */
const firstMs = 10 * 60_000;
const lookMs = 60_000;

/**
 * While a service runs and this process leads: a backup when the newest is older than the interval, through the gate like anybody's, and the
 * oldest removed after it. One that failed is logged, told to `onFailed`, and tried again within a quarter of an hour.
 */
export function keepBackups(
  config: Config,
  gate: () => Gate,
  deps: PeriodicDeps & { readonly leads: () => boolean },
  onFailed: (error: unknown) => void,
): () => Promise<void> {
  const { intervalHours, keep } = config.backup;
  if (intervalHours === 0) return async () => undefined;
  const { clock, log } = deps;
  const folder = backupFolderOf(config);
  const everyMs = intervalHours * 3_600_000;
  const began = clock.now().getTime();
  let notBefore = 0;
  const work = async (): Promise<void> => {
    if (!deps.leads()) return;
    const now = clock.now().getTime();
    const [newest] = await listBackups(folder);
    const due =
      newest === undefined ? began + Math.min(everyMs, firstMs) : newest.at.getTime() + everyMs;
    if (now < due || now < notBefore) return;
    try {
      await gate().execute(createBackup.name, {}, self);
      await pruneBackups(folder, keep);
    } catch (error) {
      notBefore = now + Math.min(everyMs, 15 * 60_000);
      log.error({ code: 'backup_failed', folder, error }, 'A backup failed.');
      onFailed(error);
    }
  };
  return startPeriodic({ name: 'backup', everyMs: Math.min(lookMs, everyMs / 4), work }, deps);
}

const self = {
  door: 'library',
  actor: { kind: 'system', name: 'schedule' },
  clientId: 'local',
} as const;
