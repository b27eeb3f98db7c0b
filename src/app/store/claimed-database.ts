import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import type { TargetState } from '../../platform/backup/restore-target.ts';
import { inspectTarget } from '../../platform/backup/restore-target.ts';
import { type LoadedConfig, loadConfig } from '../../platform/config/load-config.ts';
import { placeOf } from '../../platform/database/connection-error.ts';
import { type Database, openDatabase } from '../../platform/database/database.ts';
import { claimService } from '../../platform/database/service-claim.ts';
import type { OpenOptions } from '../open-options.ts';

/** What works on a whole database, before there is a store that could lend it a clock or a log. */
export const wholeDatabaseDeps = { clock: systemClock, random: systemRandom, log: silentLog };

/** The configuration that a command names, or that of its flags. Throws as `loadConfig` does. */
export async function configNamed(
  options: OpenOptions,
  configFile: string | undefined,
): Promise<LoadedConfig> {
  const { folder, env, flags } = options;
  return await loadConfig({ file: configFile ?? flags.config, folder, env });
}

/**
 * Opens a database that nobody else uses (the embedded one without `url`), tells what is in it, and keeps services away
 * from it until the work is done. Throws as `claimService` does when one works on it.
 */
export async function withClaimedDatabase<T>(
  { config }: LoadedConfig,
  options: OpenOptions,
  url: string | undefined,
  work: (database: Database, found: TargetState) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(
    { url, dataDir: config.dataDir },
    { ...wholeDatabaseDeps, searchPath: options.env['PATH'] },
  );
  try {
    const found = await inspectTarget(database);
    const claim = await claimService(database, wholeDatabaseDeps, 'restore');
    try {
      return await work(database, found);
    } finally {
      await claim.release();
    }
  } finally {
    await database.close();
  }
}

/** Host and name of an external database, without the password, else `embedded`. */
export function nameOfDatabase({ kind, url }: Pick<Database, 'url' | 'kind'>): string {
  return kind === 'embedded' ? kind : (placeOf(url) ?? kind);
}
