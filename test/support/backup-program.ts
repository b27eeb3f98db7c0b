import { tmpdir } from 'node:os';
import { toAppError } from '../../src/lib/app-error.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { writeBackup } from '../../src/platform/backup/write-backup.ts';
import { openDatabase } from '../../src/platform/database/database.ts';

/**
 * Writes a backup of DATABASE_URL into FILE under KEY (hex). Says `begins` right before, and then `made` or the code of what
 * went wrong.
 */
const { DATABASE_URL: url, FILE: file = '', KEY: key = '' } = process.env;
const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const database = await openDatabase({ url, dataDir: tmpdir() }, deps);
process.stdout.write('begins\n');
try {
  await writeBackup({ database, file, key: Buffer.from(key, 'hex'), program: '1.2.3' }, deps);
  process.stdout.write('made\n');
} catch (error) {
  process.stdout.write(`${toAppError(error).code}\n`);
}
await database.close();
