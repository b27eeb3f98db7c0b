import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database.ts';
import { systemClock } from '../../../lib/clock.ts';
import { silentLog } from '../../../lib/log.ts';
import { systemRandom } from '../../../lib/random.ts';
import { migrate } from '../../../platform/database/migrate.ts';
import { type HealthCheck, type HealthStatus, runChecks } from '../../../platform/health/check.ts';
import { folderCheck } from '../../../platform/health/folder-checks.ts';
import { createHealer, type Remedy } from '../../../platform/health/healer.ts';
import { createHealthStore, type RemedyRun } from '../../../platform/health/health-store.ts';
import { keepHealth } from '../../../platform/health/keeper.ts';
import { databaseCheck } from '../../../platform/health/service-checks.ts';
import { type HealthTables, healthMigrations } from '../../../platform/health/tables.ts';
import {
  type BreakerTables,
  breakerStates,
  createBreakers,
  resilienceMigrations,
} from '../../../platform/resilience/breakers.ts';
import { freeDisk, leftoverCheck, removeLeftovers } from './leftovers.ts';
import { keepLogQuota } from './log-quota.ts';
import { freeMemory } from './memory.ts';
import { openRemedies, type RemedyParts } from './remedies.ts';
import { freeStaleLock, lockCheck } from './stale-lock.ts';
import { releaseBreakers } from './stuck-breakers.ts';

const clock = systemClock;
const random = systemRandom;
let folder: string;
let database: TestDatabase;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remedies-'));
  database = await createTestDatabase();
  await migrate(database, [...healthMigrations, ...resilienceMigrations]);
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Looks once and mends, as the service does every ten seconds. */
async function heal(check: HealthCheck, remedy: Remedy): Promise<readonly RemedyRun[]> {
  const healer = createHealer({
    clock,
    log: silentLog,
    remedies: [remedy],
    audited: async (_remedy, act) => await act(),
    keep: async () => undefined,
    alert: () => undefined,
    patienceMs: 5000,
  });
  return await healer.heal(await runChecks([check], { clock, deadlineMs: 5000 }), [check]);
}

test('folders of ended runs are removed, and those of live or young runs stay', async () => {
  const runs = join(folder, 'workspaces');
  for (const name of ['ended', 'live', 'young']) {
    await mkdir(join(runs, name), { recursive: true });
    await writeFile(join(runs, name, 'file'), Buffer.alloc(2 ** 21));
    if (name !== 'young') await utimes(join(runs, name), 1, 1);
  }
  const liveRuns = async (): Promise<ReadonlySet<string>> => new Set(['live']);
  const parts = { folder: runs, liveRuns, quotaBytes: 2 ** 20, now: () => clock.now() };
  const [run] = await heal(leftoverCheck(parts), removeLeftovers(parts));
  expect(run).toMatchObject({ outcome: 'recovered', action: 'Removed 1 folders of ended runs.' });
  expect((await readdir(runs)).toSorted()).toEqual(['live', 'young']);
});

test('the oldest rotated log files go until the quota holds, and no other file', async () => {
  const logs = join(folder, 'logs');
  await mkdir(logs);
  const names = ['application.json', 'application.json.1', 'application.json.2', 'notes.txt'];
  for (const [at, name] of names.entries()) {
    await writeFile(join(logs, name), Buffer.alloc(2 ** 20));
    await utimes(join(logs, name), at + 1, at + 1);
  }
  const quotaBytes = 3.5 * 2 ** 20;
  const check = folderCheck({ name: 'logs', folders: [logs], quotaBytes, remedy: 'x' });
  const [run] = await heal(check, keepLogQuota(logs, quotaBytes));
  expect(run).toMatchObject({ outcome: 'recovered', action: 'Removed 1 rotated log files.' });
  expect((await readdir(logs)).toSorted()).toEqual([
    'application.json',
    'application.json.2',
    'notes.txt',
  ]);
});

test('a lock whose holder is dead is seen and freed', async () => {
  await mkdir(join(folder, 'postgres'));
  await writeFile(join(folder, 'postgres', 'lock'), JSON.stringify({ pid: 2 ** 30, birth: 'x' }));
  const [run] = await heal(lockCheck(folder), freeStaleLock(folder, { clock, random }));
  expect(run).toMatchObject({ remedy: 'free_stale_lock', outcome: 'recovered' });
  expect(await readdir(join(folder, 'postgres'))).toEqual([]);
});

test('a disk that is nearly full gets back what ended runs left, and nothing is tried where nothing is left', async () => {
  const runs = join(folder, 'full', 'workspaces');
  const liveRuns = async (): Promise<ReadonlySet<string>> => new Set();
  const parts = { folder: runs, liveRuns, quotaBytes: 2 ** 30, now: () => clock.now() };
  const disk: HealthCheck = {
    name: 'disk',
    category: 'resources',
    critical: true,
    measure: async () => {
      const left = (await readdir(runs).catch(() => [])).length;
      const said = { value: left, threshold: 1, evidence: `${left} left`, remedy: null };
      return { ...said, status: left > 0 ? 'degraded' : 'healthy' };
    },
  };
  await mkdir(join(runs, 'young'), { recursive: true });
  expect(await heal(disk, freeDisk(parts))).toEqual([]);
  await utimes(join(runs, 'young'), 1, 1);
  const [run] = await heal(disk, freeDisk(parts));
  expect(run).toMatchObject({ remedy: 'free_disk', before: '1 left', outcome: 'recovered' });
});

test('the breaker of a service that answers again is closed, also one that nobody tries; of one that is away it stays', async () => {
  const server = createServer((_request, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const db = database.kysely<BreakerTables>();
  const now = clock.now().getTime();
  const openUntil = async (name: string, untilMs: number) =>
    db
      .insertInto('breakers')
      .values({ name, state: 'open', since: new Date(now), until: new Date(untilMs), memory: '{}' })
      .execute();
  await openUntil('back', now + 300_000);
  await openUntil('away', now + 300_000);
  await openUntil('forgotten', now - 120_000);
  const open = async (): Promise<readonly string[]> =>
    (await breakerStates(db, clock.now())).flatMap(({ name, state }) =>
      state === 'closed' ? [] : [name],
    );
  const check: HealthCheck = {
    name: 'breakers',
    category: 'external',
    critical: false,
    measure: async () => {
      const names = await open();
      const said = { value: names.length, threshold: 1, evidence: names.join(), remedy: null };
      return { ...said, status: names.includes('back') ? 'degraded' : 'healthy' };
    },
  };
  const breakers = createBreakers({ db, clock });
  const asked: Remedy = releaseBreakers({
    breakers,
    breakerStates: () => breakerStates(db, clock.now()),
    askable: () =>
      new Map([
        ['back', address],
        ['away', 'http://127.0.0.1:9/'],
      ]),
    now: () => clock.now(),
  });
  const [run] = await heal(check, asked);
  expect(run).toMatchObject({ remedy: 'release_breakers', outcome: 'recovered' });
  expect(run?.action).toContain('back (it answers again)');
  expect(run?.action).toContain('forgotten (nobody has tried it');
  expect(await open()).toEqual(['away']);
  server.close();
  const sent = breakers.get('back', {
    failureRatio: 1,
    windowMs: 1000,
    minimumCalls: 1,
    openMs: 1,
  });
  expect(await sent(async () => 'sent')).toBe('sent');
});

test('a remedy that does not help is used three times, gives up once with an alert, and is free again after health', async () => {
  let status: HealthStatus = 'unhealthy';
  const said = { value: 1, threshold: 0, evidence: 'seen', remedy: null };
  const check: HealthCheck = {
    name: 'sick',
    category: 'resources',
    critical: true,
    measure: async () => ({ ...said, status }),
  };
  let [acts, alerts] = [0, 0];
  const healer = createHealer({
    clock,
    log: silentLog,
    remedies: [{ name: 'try', check: 'sick', act: async () => `try ${(acts += 1)}` }],
    audited: async (_remedy, act) => await act(),
    keep: async () => undefined,
    alert: () => void (alerts += 1),
    patienceMs: 0,
  });
  const outcomes: string[] = [];
  const look = async (): Promise<void> => {
    const report = await runChecks([check], { clock, deadlineMs: 1000 });
    for (const { outcome } of await healer.heal(report, [check])) outcomes.push(outcome);
  };
  for (let n = 0; n < 6; n += 1) await look();
  expect(outcomes).toEqual(['not_recovered', 'not_recovered', 'not_recovered', 'gave_up']);
  expect([acts, alerts]).toEqual([3, 1]);
  status = 'healthy';
  await look();
  expect(outcomes).toHaveLength(4);
});

test('memory that is let go of while the remedy is at work is collected too', async () => {
  let held: Buffer[] | null = Array.from({ length: 300 }, () => Buffer.alloc(2 ** 20, 1));
  const limit = process.memoryUsage.rss() - 150 * 2 ** 20;
  let waits = 0;
  const remedy = freeMemory(
    {
      sleep: async () => {
        waits += 1;
        if (waits === 2) held = null;
        await new Promise((resolve) => setTimeout(resolve, 100));
      },
    },
    () => process.memoryUsage.rss() >= limit,
  );
  await remedy.act(new AbortController().signal);
  expect(held).toBeNull();
  expect(process.memoryUsage.rss()).toBeLessThan(limit);
});

test('a remedy that does not end keeps no other from acting, and is not begun again', async () => {
  const said = { value: 1, threshold: 0, evidence: 'seen', remedy: null };
  const check = (name: string): HealthCheck => ({
    name,
    category: 'resources',
    critical: true,
    measure: async () => ({ ...said, status: 'unhealthy' }),
  });
  const kept: string[] = [];
  let [begun, finish] = [0, (_said: string): void => undefined];
  const healer = createHealer({
    clock,
    log: silentLog,
    remedies: [
      {
        name: 'long',
        check: 'one',
        act: () => {
          begun += 1;
          return new Promise((resolve) => {
            finish = resolve;
          });
        },
      },
      { name: 'short', check: 'two', act: async () => 'done' },
    ],
    audited: async (_remedy, act) => await act(),
    keep: async ({ remedy }) => void kept.push(remedy),
    alert: () => undefined,
    patienceMs: 0,
  });
  const checks = [check('one'), check('two')];
  const report = await runChecks(checks, { clock, deadlineMs: 1000 });
  const first = healer.heal(report, checks);
  const second = healer.heal(report, checks);
  await second;
  expect(begun).toBe(1);
  await vi.waitFor(() => expect(kept).toEqual(['short']), 30_000);
  finish('ended');
  expect((await first).map(({ remedy }) => remedy)).toEqual(['long', 'short']);
  expect(kept).toEqual(['short', 'long']);
});

test('a database that stays away longer than other remedies may act is told as recovered once it is back, or let go of when the service stops', async () => {
  let isAway = true;
  let asked = 0;
  const check = databaseCheck(async () => {
    if (isAway) throw new Error('gone');
  });
  const [remedy] = openRemedies({
    clock: { ...clock, sleep: async () => undefined },
    askDatabase: async () => {
      asked += 1;
      if (isAway) await new Promise((_resolve, reject) => setTimeout(reject, 1));
    },
    logs: { folder, quotaBytes: 1 },
  } as unknown as RemedyParts);
  const healer = createHealer({
    clock,
    log: silentLog,
    remedies: remedy === undefined ? [] : [remedy],
    audited: async (_remedy, act) => await act(),
    keep: async () => undefined,
    alert: () => undefined,
    patienceMs: 10,
  });
  const report = await runChecks([check], { clock, deadlineMs: 1000 });
  const mending = healer.heal(report, [check]);
  await expect.poll(() => asked, { timeout: 30_000 }).toBeGreaterThan(30);
  isAway = false;
  expect(await mending).toMatchObject([{ remedy: 'reconnect_database', outcome: 'recovered' }]);

  isAway = true;
  const stop = new AbortController();
  const stopped = healer.heal(report, [check], stop.signal);
  stop.abort();
  expect(await stopped).toMatchObject([{ remedy: 'reconnect_database', outcome: 'failed' }]);
});

test('nothing is done when its audit entry cannot be written', async () => {
  let acts = 0;
  const broken = databaseCheck(() => Promise.reject(new Error('gone')));
  const healer = createHealer({
    clock,
    log: silentLog,
    remedies: [{ name: 'try', check: 'database', act: async () => `${(acts += 1)}` }],
    audited: async () => await Promise.reject(new Error('no audit')),
    keep: async () => undefined,
    alert: () => undefined,
  });
  const report = await runChecks([broken], { clock, deadlineMs: 1000 });
  const [run] = await healer.heal(report, [broken]);
  expect([acts, run?.outcome]).toEqual([0, 'failed']);
});

test('what the service measures is asked for through the database, and a service that left is not asked', async () => {
  const store = createHealthStore(database.kysely<HealthTables>(), clock);
  expect(await store.answerer()).toBeNull();
  const self = { process: 'one', pid: 4711, host: 'here' };
  const checks = (): readonly HealthCheck[] => [
    databaseCheck(() => database.pool.query('select 1')),
  ];
  const healer = { heal: async () => [] };
  const stop = keepHealth({
    clock,
    random,
    log: silentLog,
    self,
    store,
    checks,
    healer,
  });
  await expect.poll(() => store.answerer(), { timeout: 60_000 }).toEqual(self);
  const report = await store.ask(['database'], 20_000);
  expect(report?.checks.map(({ name, status }) => [name, status])).toEqual([
    ['database', 'healthy'],
  ]);
  expect((await store.ask(['security'], 20_000))?.overallStatus).toBe('unknown');
  await expect
    .poll(async () => (await store.reports(new Date(0))).length, { timeout: 60_000 })
    .toBe(1);
  await stop();
  expect(await store.answerer()).toBeNull();
});
