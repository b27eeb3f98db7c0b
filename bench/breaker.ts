import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../src/lib/app-error.ts';
import { systemClock } from '../src/lib/clock.ts';
import { silentLog } from '../src/lib/log.ts';
import { systemRandom } from '../src/lib/random.ts';
import { openDatabase } from '../src/platform/database/database.ts';
import { migrate } from '../src/platform/database/migrate.ts';
import {
  type BreakerTables,
  createBreakers,
  resilienceMigrations,
} from '../src/platform/resilience/breakers.ts';

/**
 * How long a call takes that an open breaker refuses: `node bench/breaker.ts [calls]` (20,000 when not said), one after the
 * other, for long enough that the breakers of other processes are read from the database many times meanwhile.
 */
const calls = Number(process.argv[2] ?? 20_000);
const folder = await mkdtemp(join(tmpdir(), 'cms-bench-breaker-'));
const database = await openDatabase(
  { dataDir: folder },
  {
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    searchPath: process.env['PATH'],
  },
);
try {
  await migrate(database, resilienceMigrations);
  const breakers = createBreakers({ db: database.kysely<BreakerTables>(), clock: systemClock });
  const trip = { failureRatio: 0.5, windowMs: 30_000, minimumCalls: 10, openMs: 300_000 };
  const guarded = breakers.get<string>('upstream', trip);
  let upstream = 0;
  const call = async (): Promise<string> => {
    upstream += 1;
    throw new AppError({ kind: 'unavailable', code: 'down', message: 'Down.' });
  };
  const began = performance.now();
  while ((await codeOf(guarded(call))) !== 'circuit_open');
  const openedMs = performance.now() - began;
  const before = upstream;
  const times: number[] = [];
  for (let n = 0; n < calls; n += 1) {
    const at = performance.now();
    await codeOf(guarded(call));
    times.push(performance.now() - at);
    // As calls come, so that a look at the database falls between them.
    if (n % 20 === 0) await systemClock.sleep(1);
  }
  times.sort((one, other) => one - other);
  const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(3);
  process.stdout.write(
    `opened after ${before} calls in ${openedMs.toFixed(1)} ms (to reach: 1 s); ${calls} refusals: p50 ${at(0.5)} ms, ` +
      `p99 ${at(0.99)} ms (to reach: 5), most ${times.at(-1)?.toFixed(3)} ms; ${upstream - before} went out\n`,
  );
} finally {
  await database.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function codeOf(outcome: Promise<unknown>): Promise<string> {
  return await outcome.then(
    () => 'ok',
    (error: unknown) => (error instanceof AppError ? error.code : 'other'),
  );
}
