import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { startService } from '../../operations/service/contract.ts';
import type { LoadedConfig } from '../../platform/config/load-config.ts';
import {
  beginNewServer,
  beginServer,
  hasServer,
} from '../../platform/database/embedded/supervisor.ts';
import { readConfig } from '../configuration/live-config.ts';
import { allSecrets } from '../configuration/named-secrets.ts';
import { requireSound } from '../configuration/require-sound.ts';
import type { OpenOptions } from '../open-options.ts';

/** What is known and under way before the rooms are read in. */
export interface StartedAhead {
  readonly loaded: LoadedConfig;
  /** Stops the database again if nobody uses it. */
  giveUp(): Promise<void>;
}

/**
 * Reads the configuration and, when it is one to work with, lets the embedded database start beside us, made first where
 * the data folder is new: reading the rooms in keeps one processor busy for as long as it needs.
 */
export async function startAhead(options: OpenOptions): Promise<StartedAhead> {
  const loaded = options.loaded ?? (await readConfig(options));
  if (options.operation === startService.name && options.flags.validateConfig !== false)
    await requireSound(loaded);
  if (options.needs !== 'engine' || allSecrets(loaded)['DATABASE_URL'] !== undefined)
    return { loaded, giveUp: async () => undefined };
  const deps = { clock: systemClock, random: systemRandom, searchPath: options.env['PATH'] };
  // What hinders it hinders the store in the same way, and is told there.
  const { dataDir } = loaded.config;
  const begin = (await hasServer(dataDir).catch(() => true)) ? beginServer : beginNewServer;
  const stop = await begin(dataDir, deps).catch(() => async () => undefined);
  return { loaded, giveUp: stop };
}
