import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { createArchiver } from '../../src/platform/archive/archiver.ts';
import { openDatabase } from '../../src/platform/database/database.ts';
import { layoutOf } from '../../src/platform/database/embedded/layout.ts';

/** Writes into an embedded database and archives it, without a pause, until it is killed. Prints a line for each gap. */
const [, , dataDir = '', folder = '', key = ''] = process.argv;
const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const database = await openDatabase({ dataDir }, { ...deps, searchPath: process.env['PATH'] });
const layout = await layoutOf(dataDir);
if (layout === undefined) throw new Error('no embedded database');
const archiver = createArchiver({
  database,
  cluster: layout.cluster,
  folder,
  key: Buffer.from(key, 'hex'),
  program: '1.2.3',
  keepDays: 7,
  ...deps,
  onBroken: async (reason) => {
    process.stdout.write(`${reason}\n`);
  },
  onBase: () => undefined,
});

async function writing(): Promise<never> {
  for (;;)
    await database.pool
      .query(
        `insert into notes select gen_random_uuid() || repeat('x', (random() * 900)::int)
           from generate_series(1, (random() * 20)::int)`,
      )
      // The server was killed, and comes back.
      .catch(() => delay(10));
}

async function archiving(): Promise<never> {
  for (;;) {
    await archiver.round().catch(() => undefined);
    await delay(3);
  }
}

await Promise.all([writing(), writing(), archiving()]);
