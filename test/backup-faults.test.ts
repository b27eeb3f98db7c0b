import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemRandom } from '../src/lib/random.ts';
import { openBackup } from '../src/platform/backup/open-backup.ts';
import { thenClosed } from '../src/platform/backup/sealed-file.ts';
import { canMount, type SmallDisk, smallDisk } from './support/small-disk.ts';
import { createTestDatabase, type TestDatabase } from './support/test-database.ts';

const program = new URL('./support/backup-program.ts', import.meta.url).pathname;
/** `BACKUP_KILLS=100` for the whole figure; a few in the suite. */
const kills = Number(process.env['BACKUP_KILLS'] ?? 1);
/** `DISK_FAULTS=all` for every moment at which a disk fails. */
const isWhole = process.env['DISK_FAULTS'] === 'all';
const hasStrace = await promisify(execFile)('strace', ['-qq', '-e', 'trace=none', 'true']).then(
  () => true,
  () => false,
);
const key = randomBytes(32);
let database: TestDatabase;
let folder: string;
let compiled: string;

beforeAll(async () => {
  compiled = await mkdtemp(join(tmpdir(), 'cms-backup-compiled-'));
  database = await createTestDatabase();
  await database.pool.query(
    'create table cms_migrations (id text primary key, applied_at timestamptz not null default now())',
  );
  await database.pool.query('create table things (id int primary key, data bytea)');
  // Of what compresses badly, so that the file has a few megabytes.
  await database.pool.query(`insert into things
    select n, decode(string_agg(md5(n::text || m), ''), 'hex')
    from generate_series(1, 800) n, generate_series(1, 300) m group by n`);
});
afterAll(async () => {
  await database.drop();
  await rm(compiled, { recursive: true, force: true, maxRetries: 5 });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-backup-faults-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }));

function start(file: string, under: readonly string[] = []) {
  const [first, ...before] = [...under, process.execPath];
  const child = spawn(first, [...before, program], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      FILE: file,
      KEY: key.toString('hex'),
      // Most of a round would be the reading of modules.
      NODE_COMPILE_CACHE: compiled,
      // strace counts the calls of each thread by themselves.
      UV_THREADPOOL_SIZE: '1',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, lines: createInterface({ input: child.stdout }), closed: once(child, 'close') };
}

/** What the program said last: `made`, or the code of what went wrong. */
async function written(file: string, under: readonly string[] = []): Promise<string> {
  const { lines, closed } = start(file, under);
  let last = '';
  for await (const line of lines) last = line;
  await closed;
  return last;
}

async function rowsIn(file: string): Promise<number | undefined> {
  const backup = await openBackup(file, key);
  const { tables } = await thenClosed(backup, backup.verify());
  return tables.find(({ name }) => name === 'things')?.rows;
}

const drafts = async (place: string): Promise<readonly string[]> =>
  (await readdir(place)).filter((name) => name.endsWith('.part'));

test('a backup whose process is killed leaves no half of one under its name, and the one before stays whole', {
  timeout: 120_000 + kills * 30_000,
}, async () => {
  const before = join(folder, 'before.backup');
  const began = performance.now();
  expect(await written(before)).toBe('made');
  const tookMs = performance.now() - began;
  let unfinished = 0;
  for (let round = 0; round < kills; round += 1) {
    const file = join(folder, `round-${round}.backup`);
    const { child, lines, closed } = start(file);
    for await (const line of lines) {
      if (line !== 'begins') continue;
      await delay(systemRandom.fraction() * tookMs);
      child.kill('SIGKILL');
    }
    await closed;
    const isThere = (await readdir(folder)).includes(`round-${round}.backup`);
    if (isThere) expect([round, await rowsIn(file)]).toEqual([round, 800]);
    else unfinished += 1;
  }
  expect(await rowsIn(before)).toBe(800);
  const after = join(folder, 'after.backup');
  expect(await written(after)).toBe('made');
  expect(await rowsIn(after)).toBe(800);
  expect((await drafts(folder)).length).toBeLessThanOrEqual(unfinished);
});

// Mounting a disk needs root.
describe.skipIf(!canMount)('a backup onto a full disk', () => {
  let disk: SmallDisk;
  beforeEach(async () => {
    disk = await smallDisk({ megabytes: 12 });
  });
  afterEach(async () => await disk.remove());

  test('fails by its name, leaves nothing of itself and the one before whole, and is made once there is room', async () => {
    const [before, file] = ['before', 'next'].map((name) => join(disk.folder, `${name}.backup`));
    if (before === undefined || file === undefined) throw new Error('no names');
    expect(await written(before)).toBe('made');
    await disk.fill();
    expect(await written(file)).toBe('backup_unwritable');
    expect(await readdir(disk.folder)).toEqual(['before.backup']);
    expect(await rowsIn(before)).toBe(800);
    await disk.free();
    expect(await written(file)).toBe('made');
    expect(await rowsIn(file)).toBe(800);
  });
});

describe.runIf(hasStrace)('a backup onto a disk that fails', () => {
  const moments = [
    ['at the fsync of the file', 'fsync', '1', false],
    ['at the fsync of its folder', 'fsync', '2', true],
    ['when it gets its name', 'link', '1', false],
  ] as const;

  test.each(isWhole ? moments : moments.slice(0, 1))(
    '%s is told as not made, and what stands under its name, if anything, is whole',
    async (_what, call, nth, isThere) => {
      const file = join(folder, 'one.backup');
      const trace = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`];
      expect(await written(file, [...trace, '-e', `inject=${call}:error=EIO:when=${nth}`])).toBe(
        'backup_unwritable',
      );
      expect(await readdir(folder)).toEqual(isThere ? ['one.backup'] : []);
      if (isThere) expect(await rowsIn(file)).toBe(800);
      const again = join(folder, 'again.backup');
      expect(await written(again)).toBe('made');
      expect(await rowsIn(again)).toBe(800);
    },
  );
});
