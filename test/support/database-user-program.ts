import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { openDatabase } from '../../src/platform/database/database.ts';

/** A process that has the embedded database of the data folder in its argument open until SIGTERM. */
const database = await openDatabase(
  { dataDir: process.argv[2] ?? '' },
  {
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    searchPath: process.env['PATH'],
  },
);
process.once('SIGTERM', () => {
  void database.close().then(() => process.exit(0));
});
process.stdout.write(`${database.url}\n`);
