import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backupFolderOf } from '../../src/app/store/backup-place.ts';
import { openArchive } from '../../src/app/store/open-archive.ts';
import { keepBackups } from '../../src/app/store/open-backup.ts';
import { openAlerts } from '../../src/app/watching/open-alerts.ts';
import { openTelemetry, openTelemetryRooms } from '../../src/app/watching/open-telemetry.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { backupName } from '../../src/platform/backup/backup-folder.ts';
import { type BreakerTables, createBreakers } from '../../src/platform/resilience/breakers.ts';
import { createManualClock } from '../fakes/manual-clock.ts';
import type { Look } from './looks.ts';

const call = {
  area: 'operation',
  name: 'tasks.list',
  refused: 0,
  failed: 0,
  totalMs: 1,
  maxMs: 1,
} as const;
/** Forty calls of about 7 and of about 22 ms. */
const normal = { ...call, calls: 40, bins: { 150: 40 } } as const;
const slow = { ...call, calls: 40, bins: { 180: 40 } } as const;

/** One look of the alerts at calls of which 5 % fail and that take three times as long as usual: what is told, and where. */
export const alerting: Look = async (config, database) => {
  await database.pool.query('delete from alerts');
  let looks = 0;
  let heard = 0;
  const server = createServer((_request, response) => {
    heard += 1;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const minute = new Date(systemClock.now().getTime() - 60_000);
  const rooms = openAlerts({
    config: () => config,
    store: {
      database,
      runs: { spentSince: async () => 0 },
      audit: { list: async () => [] },
      credentials: { take: async () => address },
      breakers: createBreakers({ db: database.kysely<BreakerTables>(), clock: systemClock }),
      tasks: { transact: async () => await Promise.reject(new Error('an issue was wanted')) },
    } as never,
    history: {
      totals: async () => [{ minute, of: 'operation', calls: 1000, failed: 50 }],
      sums: async () => [slow],
      baseline: async () => ({ series: [normal] }),
    } as never,
    blocks: { list: async () => [] },
    health: { takeUnwell: () => [], gaveUp: async () => [] },
    flush: async () => void (looks += 1),
    log: silentLog,
  });
  await rooms.keep({ leads: () => true, onAlert: () => async () => undefined })();
  await new Promise((resolve) => server.close(resolve));
  const kinds = await database.pool.query<{ kind: string }>(
    'select kind from alerts order by kind',
  );
  const late = await database.pool.query<{ sink: string; refused: boolean }>(
    'select sink, problem is not null as refused from alert_deliveries order by sink',
  );
  return { looks, heard, kinds: kinds.rows, late: late.rows };
};

/** When backups are made over three hours of a service whose folder holds five old ones, and how many stay where. */
export const backing: Look = async (config) => {
  const folder = await mkdtemp(join(tmpdir(), 'cms-backing-'));
  const clock = createManualClock();
  for (let days = 1; days <= 5; days += 1) {
    const at = new Date(clock.now().getTime() - days * 86_400_000);
    await writeFile(join(folder, backupName(at)), 'x');
  }
  const began = clock.monotonicMs();
  const made: number[] = [];
  let done = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    done = resolve;
  });
  const gate = {
    execute: async () => {
      made.push(Math.round((clock.monotonicMs() - began) / 600_000));
      await writeFile(join(folder, backupName(clock.now())), 'x');
    },
  };
  const deps = { random: systemRandom, log: silentLog, leads: () => true };
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    if (clock.monotonicMs() - began > 3 * 3_600_000) done();
    await clock.sleep(ms, signal);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const { backup } = config;
  const placed = { ...config, backup: { ...backup, folder } };
  const stop = keepBackups(
    placed,
    () => gate as never,
    { ...deps, clock: { ...clock, sleep } },
    () => undefined,
  );
  await over;
  await stop();
  const left = (await readdir(folder)).length;
  await rm(folder, { recursive: true });
  return { made: made.length, left, folder: backupFolderOf(config) };
};

/** How long the first copy of a database waits, in seconds; null when none is made. */
export const archiving: Look = async (config) => {
  const database = { kind: 'embedded', pool: { query: async () => ({ rows: [] }) } };
  const store = { database, audit: {} } as never;
  const rooms = openArchive({ config, store, version: '0', log: silentLog });
  const beganMs = systemClock.monotonicMs();
  const stop = rooms.keep();
  const standing = rooms.standing();
  await stop();
  return standing === null ? null : Math.round((standing.wholeAtMs - beganMs) / 1000);
};

/** What is kept of a call that has just ended, and of figures of ten days ago. */
export const figuring: Look = async (config, database) => {
  await database.pool.query('delete from performance_minutes');
  const telemetry = openTelemetry();
  const rooms = openTelemetryRooms({
    telemetry,
    config: () => config,
    store: { database, runs: { spentSince: async () => 0, live: async () => [] } as never },
    folder: '/srv',
    version: '0',
    log: silentLog,
  });
  const ended = { area: 'job', name: 'scan', outcome: 'ok', durationMs: 5 } as const;
  telemetry.record({ ...ended, correlationId: null });
  await rooms.flush();
  const sums = async (): Promise<number> =>
    (await rooms.history.sums({ since: new Date(0) })).length;
  const kept = await sums();
  await rooms.history.write([{ ...normal, name: 'old' }]);
  await database.pool.query(
    `update performance_minutes set minute = minute - interval '10 days' where name = 'old'`,
  );
  await rooms.keep(() => null)();
  const left = await sums();
  await rooms.close();
  return { kept, left };
};
