import { tmpdir } from 'node:os';
import { migrations } from '../../src/app/store/open-store.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { openDatabase } from '../../src/platform/database/database.ts';
import { migrate } from '../../src/platform/database/migrate.ts';

/**
 * Makes the whole schema in DATABASE_URL. Ends itself with SIGKILL before the change number KILL_AT (from 0), KILL_MS
 * milliseconds after it began; nothing of both: it ends by itself.
 */
const { env } = process;
const url = env['DATABASE_URL'];
const at = Number(env['KILL_AT'] ?? '-1');
const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const database = await openDatabase({ url, dataDir: tmpdir() }, deps);
const die = (): void => void process.kill(process.pid, 'SIGKILL');
await migrate(
  database,
  migrations.map((change, index) => ({
    id: change.id,
    up: async (db) => {
      if (index === at) setTimeout(die, Number(env['KILL_MS'] ?? '0'));
      await change.up(db);
      // The signal comes while a later change is made, or while this one is not committed yet.
      if (index === at) await systemClock.sleep(Number(env['KILL_MS'] ?? '0'));
    },
  })),
);
await database.close();
