import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabaseProxy, type DatabaseProxy } from '../../../test/support/database-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { openDatabase } from './database.ts';
import { serverFailure } from './embedded/server-failure.ts';
import { askAgainMs, patienceMs } from './patient-pool.ts';
import { claimService, serviceProcesses } from './service-claim.ts';
import { letStand } from './standstill.ts';

const deps = { clock: systemClock, random: systemRandom, log: silentLog };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => await database.drop());

/** What PostgreSQL answers while it recovers: ErrorResponse of its protocol (version 3). */
const startingUp = errorResponse('57P03', 'the database system is starting up');

function errorResponse(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.from('E\0\0\0\0', 'latin1');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

const openUrl = async (url: string) => await openDatabase({ url, dataDir: '/nowhere' }, deps);

test('int8 arrives as a number, and one that does not fit is an error rather than rounded', async () => {
  const one = await sql<{ n: number }>`select 9007199254740991::int8 as n`.execute(
    database.kysely<unknown>(),
  );
  expect(one.rows).toEqual([{ n: Number.MAX_SAFE_INTEGER }]);
  await expect(database.pool.query('select 9007199254740992::int8 as n')).rejects.toThrow(
    'does not fit',
  );
});

test('an external database takes any number of services', async () => {
  const [one, two] = await Promise.all([
    claimService(database, deps),
    claimService(database, deps),
  ]);
  await Promise.all([one.release(), two.release()]);
  expect(database.kind).toBe('external');
});

test('that nothing seals in the agents of a process is known of it to all others for as long as it lives', async () => {
  const unsealed = async (): Promise<readonly string[]> =>
    (await serviceProcesses(database))
      .filter(({ isUnsealed }) => isUnsealed)
      .map(({ role }) => role);
  const api = await claimService(database, deps, 'api');
  expect(await unsealed()).toEqual([]);
  const worker = await claimService(database, deps, 'worker', true);
  expect(await unsealed()).toEqual(['worker']);
  await worker.release();
  // The server ends a session a moment after its client.
  await expect.poll(unsealed).toEqual([]);
  expect((await serviceProcesses(database)).map(({ role }) => role)).toEqual(['api']);
  await api.release();
});

test('what a process does is known however long the name of its machine is', async () => {
  const host = 'claude-manager-scheduler-7c9d8b6f5d-x2x4z.of-a-long-named-cluster';
  const claim = await claimService(database, { ...deps, host }, 'scheduler', true);
  const [found] = await serviceProcesses(database);
  expect(found).toMatchObject({ pid: process.pid, role: 'scheduler', isUnsealed: true });
  expect(host.startsWith(found?.host ?? '?')).toBe(true);
  await claim.release();
});

test('a connection lost inside a transaction fails the transaction, not the process', async () => {
  const transaction = database
    .kysely<unknown>()
    .transaction()
    .execute(async (open) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(open);
      await database.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
      await systemClock.sleep(50);
      await sql`select 1`.execute(open);
    });
  await expect(transaction).rejects.toThrow();
  expect((await database.pool.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
});

test('a transaction that stands still loses its locks to those who wait for them, unless it said that it will', async () => {
  const take = sql`select pg_advisory_xact_lock(20_250_101)`;
  const db = database.kysely<unknown>();
  const stands = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const holder = db.transaction().execute(async (open) => {
    await take.execute(open);
    stands.resolve();
    await ended.promise;
    await sql`select 1`.execute(open);
  });
  const resting = db.transaction().execute(async (open) => {
    await letStand(open);
    await ended.promise;
    return await sql<{ n: number }>`select 1 as n`.execute(open);
  });
  await stands.promise;
  await db.transaction().execute(async (open) => await take.execute(open));
  ended.resolve();
  await expect(holder).rejects.toThrow();
  expect((await resting).rows).toEqual([{ n: 1 }]);
});

test('a server that does not answer is told with its place and without the password', async () => {
  const error = await openUrl('postgresql://me:geheim@127.0.0.1:1/cms').catch((thrown) => thrown);
  expect(error).toMatchObject({
    kind: 'unavailable',
    code: 'database_unreachable',
    details: { database: '127.0.0.1:1/cms' },
  });
  expect(JSON.stringify([error.message, error.details, error.next])).not.toContain('geheim');
});

test('a server that starts up is waited for, and a database that is not there is not', async () => {
  const proxy = await createDatabaseProxy(database.url);
  const asked: number[] = [];
  proxy.refuse(startingUp);
  const waiting = openDatabase(
    { url: proxy.url, dataDir: '/nowhere' },
    {
      ...deps,
      clock: {
        ...systemClock,
        sleep: async (ms) => {
          asked.push(ms);
          if (asked.length === 3) proxy.mend();
        },
      },
    },
  );
  const opened = await waiting;
  expect(asked).toHaveLength(3);
  await opened.close();
  await proxy.close();

  const missing = new URL(database.url);
  missing.pathname = '/nobody_made_it';
  await expect(openUrl(missing.toString())).rejects.toMatchObject({
    kind: 'not_found',
    code: 'database_not_found',
  });
});

/** A database behind a way that can be cut, whose clock does `then` at the nth sleep instead of sleeping. */
async function cutOff(then: Readonly<Record<number, (proxy: DatabaseProxy) => void>>) {
  const proxy = await createDatabaseProxy(database.url);
  let [sleeps, passedMs] = [0, 0];
  const clock = {
    ...systemClock,
    monotonicMs: () => passedMs,
    sleep: async (ms: number) => {
      sleeps += 1;
      passedMs += ms;
      then[sleeps]?.(proxy);
      await systemClock.sleep(1);
    },
  };
  const opened = await openDatabase({ url: proxy.url, dataDir: '/nowhere' }, { ...deps, clock });
  proxy.cut();
  await expect.poll(() => opened.pool.totalCount, { timeout: 60_000 }).toBe(0);
  return { opened, proxy, sleeps: () => sleeps };
}

test('questions asked while the server is gone are answered when it is back a moment later', async () => {
  const { opened, proxy } = await cutOff({ 9: (way) => way.mend() });
  const asked = Array.from({ length: 40 }, () => opened.pool.query('select 1 as n'));
  for (const { rows } of await Promise.all(asked)) expect(rows).toEqual([{ n: 1 }]);
  await opened.close();
  await proxy.close();
});

test('a server that stays away is waited for only so long, and so is one that nobody closed', async () => {
  const { opened, proxy, sleeps } = await cutOff({});
  const asked = Array.from({ length: 40 }, () => opened.pool.query('select 1'));
  for (const outcome of await Promise.allSettled(asked)) expect(outcome.status).toBe('rejected');
  // One of the forty asks for all.
  expect(sleeps()).toBeLessThanOrEqual((2 * patienceMs) / askAgainMs);
  const closing = opened.pool.query('select 1');
  await opened.close();
  await expect(closing).rejects.toThrow();
  await proxy.close();
});

test('a text that is no URL is told as such', async () => {
  await expect(openUrl('localhost/cms')).rejects.toMatchObject({ code: 'database_url_invalid' });
});

test('a server that may lose what it acknowledged is refused', async () => {
  const url = new URL(database.url);
  url.searchParams.set('options', '-c synchronous_commit=off');
  await expect(openUrl(url.toString())).rejects.toMatchObject({ code: 'database_not_durable' });
});

test.each([
  ['FATAL:  could not write lock file: No space left on device', 'disk_full'],
  ['FATAL:  data directory "/d" has invalid permissions', 'database_folder_unusable'],
  ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', 'out_of_memory'],
  ['FATAL:  something else', 'database_start_failed'],
])('%s', (output, code) => {
  expect(serverFailure('PostgreSQL did not start', `LOG:  x\n${output}\n`)).toMatchObject({
    code,
    message: `PostgreSQL did not start: ${output}`,
  });
});
