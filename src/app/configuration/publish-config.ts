import { hostname } from 'node:os';
import { systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { configHash } from '../../platform/config/config-hash.ts';
import type { Database } from '../../platform/database/database.ts';
import { createPublishedHashes, publishEveryMs } from '../../platform/drift/published-hashes.ts';
import { startPeriodic } from '../../platform/durable/periodic.ts';
import type { LiveConfig } from './live-config.ts';

/** While a service runs, all others see which configuration it runs with; answers what ends that. */
export function publishConfig(
  database: Pick<Database, 'kysely'>,
  live: Pick<LiveConfig, 'current' | 'subscribe'>,
  file: string | null,
  log: Log,
): () => Promise<void> {
  const hashes = createPublishedHashes(database, systemClock);
  const self = { process: systemRandom.uuid(), pid: process.pid, host: hostname(), file };
  const publish = (): Promise<void> =>
    hashes.publish({ ...self, hash: configHash(live.current()) });
  const unsubscribe = live.subscribe(() => {
    publish().catch((error: unknown) => {
      log.warn({ error }, 'the hash of the configuration is told later');
    });
  });
  const stop = startPeriodic(
    { name: 'configuration hash', everyMs: publishEveryMs, work: publish },
    { clock: systemClock, random: systemRandom, log },
  );
  return async () => {
    unsubscribe();
    await stop();
    // Who cannot say good-bye is taken for gone after two minutes.
    await hashes.withdraw(self.process).catch(() => undefined);
  };
}
