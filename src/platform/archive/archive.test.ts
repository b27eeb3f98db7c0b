import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { canMount, type SmallDisk, smallDisk } from '../../../test/support/small-disk.ts';
import type { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { type Layout, layoutOf } from '../database/embedded/layout.ts';
import { stopEmbedded } from '../database/embedded/supervisor.ts';
import { type ArchiveFile, type Chain, listChains } from './archive-folder.ts';
import { type Archiver, createArchiver } from './archiver.ts';
import { choose } from './moments.ts';
import { withRecovered } from './recover.ts';
import { dropSlot, readWalState } from './slot.ts';
import { verifyChains } from './verify-chains.ts';

const program = new URL('../../../test/support/archive-program.ts', import.meta.url).pathname;
/** With more than two the server is killed too, every second time. */
const kills = Number(process.env['ARCHIVE_KILLS'] ?? 2);
const key = randomBytes(32);
const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const patience = { timeout: 120_000, interval: 30 };

let dataDir: string;
/** Of the archive, another one than that of the database; mounting it needs root. */
let disk: SmallDisk | undefined;
let folder: string;
let layout: Layout;
let database: Database;
let broken: string[] = [];
/** When one, two and three rows were there; later ones came after a base and hours. */
const moments: Date[] = [];

const archiverOf = (): Archiver =>
  createArchiver({
    database,
    cluster: layout.cluster,
    folder,
    key,
    program: '1.2.3',
    keepDays: 7,
    ...deps,
    onBroken: async (reason) => void broken.push(reason),
    onBase: (error) => {
      if (error !== null) throw error;
    },
  });

/** Rounds until a base is there. */
async function based(archiver: Archiver): Promise<void> {
  await vi.waitFor(async () => expect((await archiver.round()).hasBase).toBe(true), patience);
}

const write = (note: string): Promise<unknown> =>
  database.pool.query('insert into notes values ($1)', [note]);

async function now(): Promise<Date> {
  const { rows } = await database.pool.query<{ at: Date }>('select clock_timestamp() as at');
  return rows[0]?.at ?? expect.unreachable();
}

/** What stood in the table at a moment. */
async function notesAt(at: Date | 'latest'): Promise<readonly string[]> {
  const chosen = choose(await listChains(folder), at, folder);
  const how = { ...deps, searchPath: process.env['PATH'], progress: () => undefined };
  return await withRecovered(dataDir, chosen, key, how, async ({ url }) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<{ note: string }>('select note from notes order by 1');
    await client.end();
    return rows.map(({ note }) => note);
  });
}

async function open(): Promise<void> {
  database = await openDatabase({ dataDir }, { ...deps, searchPath: process.env['PATH'] });
}

async function killServer(): Promise<void> {
  const [pid] = (await readFile(join(layout.cluster, 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
}

async function lastChain(): Promise<Chain> {
  return (await listChains(folder)).at(-1) ?? expect.unreachable();
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cms-archive-'));
  if (canMount) disk = await smallDisk({ megabytes: 900, files: 5000 });
  folder = join(disk?.folder ?? dataDir, 'archive');
  await open();
  layout = (await layoutOf(dataDir)) ?? expect.unreachable();
  await database.pool.query('create table notes (note text primary key)');
  await write('before the base');
  const archiver = archiverOf();
  await based(archiver);
  for (const note of ['one', 'two', 'three']) {
    await write(note);
    moments.push(await now());
    // The clock of JavaScript knows no microseconds.
    await systemClock.sleep(5);
    await archiver.round();
  }
  await archiver.close();
}, 420_000);

afterAll(async () => {
  await database.close();
  await stopEmbedded(dataDir, deps);
  await disk?.remove();
  const home = await realpath(join(dataDir, 'postgres'));
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

test('a moment comes back with everything that was written by then and nothing after it, while the database goes on', async () => {
  expect(await notesAt(moments[1] ?? 'latest')).toEqual(['before the base', 'one', 'two']);
  await archiverOf().round();
  const { rows } = await database.pool.query<{ note: string }>('select note from notes order by 1');
  const all = rows.map(({ note }) => note);
  // After the last commit the log ends before the moment.
  const reached = await now();
  await systemClock.sleep(5);
  await database.pool.query('checkpoint');
  await archiverOf().round();
  expect(await notesAt(reached)).toEqual(all);
  expect(await notesAt('latest')).toEqual(all);
  expect((await readdir(layout.home)).filter((name) => name.startsWith('recovery'))).toEqual([]);
  await verifyChains(await listChains(folder), key);
}, 420_000);

test('a base or a piece that is cut, altered, sealed by another key, renamed or of another system is refused by its name before a server starts', async () => {
  const at = moments[2] ?? expect.unreachable();
  const { base, pieces, chain } = choose(await listChains(folder), at, folder);
  const [{ file }, { file: next }] = [pieces[0], pieces[1]].map((one) => one ?? base) as [
    ArchiveFile,
    ArchiveFile,
  ];
  const refused = async (as: RegExp): Promise<void> => {
    const said = (work: Promise<unknown>): Promise<string> =>
      work.then(String, (error: AppError) => `${error.code} ${error.message}`);
    expect(await said(verifyChains(await listChains(folder), key))).toMatch(as);
    expect(await said(notesAt(at))).toMatch(as);
  };
  for (const one of [base.file, file]) {
    const whole = await readFile(one);
    await writeFile(one, whole.subarray(0, -200));
    await refused(new RegExp(`^backup_cut .*${basename(one)}`, 'u'));
    const altered = Buffer.from(whole);
    altered[60] = (altered[60] ?? 0) ^ 1;
    await writeFile(one, altered);
    await refused(new RegExp(`^backup_altered .*${basename(one)}`, 'u'));
    await writeFile(one, whole);
  }
  await expect(verifyChains(await listChains(folder), randomBytes(32))).rejects.toMatchObject({
    code: 'backup_key_wrong',
  });
  // Sealed by us, and yet not what belongs there.
  const whole = await readFile(next);
  await copyFile(file, next);
  await refused(new RegExp(`^archive_foreign ${basename(next)}`, 'u'));
  await writeFile(next, whole);
  const elsewhere = join(folder, `1${basename(chain.folder).slice(1)}`);
  await rename(chain.folder, elsewhere);
  await refused(/^archive_foreign .* it is of the database \d+/u);
  await rename(elsewhere, chain.folder);
  await rename(next, `${next}.gone`);
  await expect(verifyChains(await listChains(folder), key)).rejects.toMatchObject({
    code: 'archive_gap',
  });
  await expect(notesAt(at)).rejects.toMatchObject({
    code: expect.stringMatching(/^archive_(?:empty|out_of_range)$/u),
  });
  await rename(`${next}.gone`, next);
  await verifyChains(await listChains(folder), key);
}, 420_000);

test('who was killed at any place between two steps is followed by one that goes on without a gap', async () => {
  broken = [];
  const before = await lastChain();
  const [last, previous] = [before.pieces.at(-1), before.pieces.at(-2)];
  if (last === undefined || previous === undefined) expect.unreachable();
  // Half a piece, and one that has its name although the server was not told.
  await writeFile(`${last.file}.abcdef.part`, 'half');
  await write('four');
  await archiverOf().round();
  const slotAt = (await readWalState(database)).slot?.kept;
  expect(slotAt).toBe((await lastChain()).pieces.at(-1)?.until);
  await database.pool.query('select pg_drop_replication_slot($1)', ['cms_archive']);
  await database.pool.query('select pg_create_physical_replication_slot($1, true)', [
    'cms_archive',
  ]);
  expect((await readWalState(database)).slot?.kept).toBeLessThan(slotAt ?? 0);
  await write('five');
  await archiverOf().round();
  const after = await lastChain();
  expect(after.id).toBe(before.id);
  expect((await readdir(after.folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  expect(broken).toEqual([]);
  await verifyChains([after], key);
}, 420_000);

test(
  `a process that writes and archives, killed ${kills} times wherever it was, leaves one log without a gap, with all that was written`,
  async () => {
    await archiverOf().round();
    broken = [];
    const { id } = await lastChain();
    let told = '';
    for (let nth = 0; nth < kills; nth += 1) {
      const before = (await lastChain()).pieces.length;
      const child = spawn(process.execPath, [program, dataDir, folder, key.toString('hex')], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const over = once(child, 'exit');
      child.stdout.on('data', (bytes: Buffer) => {
        told += bytes.toString();
      });
      await vi.waitFor(async () => {
        expect((await lastChain()).pieces.length).toBeGreaterThan(before + (nth % 7));
      }, patience);
      if (kills > 2 && nth % 2 === 1) await killServer();
      child.kill('SIGKILL');
      await over;
    }
    // What a killed process had asked for the server still ends.
    const others = `select from pg_stat_activity where backend_type = 'client backend'
      and application_name <> current_setting('application_name')`;
    await vi.waitFor(
      async () => expect((await database.pool.query(others)).rowCount).toBe(0),
      patience,
    );
    await archiverOf().round();
    const chain = await lastChain();
    expect([chain.id, broken, told]).toEqual([id, [], '']);
    await verifyChains([chain], key);
    const { rows } = await database.pool.query<{ note: string }>('select note from notes');
    const restored = new Set(await notesAt('latest'));
    expect(restored.size).toBe(rows.length);
    expect(rows.filter(({ note }) => !restored.has(note))).toEqual([]);
  },
  420_000 + kills * 20_000,
);

test.skipIf(!canMount)(
  'on a full disk nothing is archived, the database keeps what it writes meanwhile, and with room again there is no gap',
  async () => {
    const archiver = archiverOf();
    await archiver.round();
    broken = [];
    const { id } = await lastChain();
    const taken: string[] = [];
    try {
      for (;;) {
        const file = join(folder, `taken-${taken.length}`);
        await writeFile(file, '');
        taken.push(file);
      }
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
    await write('while the disk is full');
    const refused = { code: 'backup_unwritable', message: expect.stringContaining('ENOSPC') };
    await expect(archiver.round()).rejects.toMatchObject(refused);
    await expect(archiver.round()).rejects.toMatchObject(refused);
    for (const file of taken) await rm(file);
    await archiver.round();
    const chain = await lastChain();
    expect([chain.id, broken]).toEqual([id, []]);
    expect(chain.pieces.at(-1)?.until).toBe((await readWalState(database)).slot?.kept);
    await verifyChains([chain], key);
  },
  420_000,
);

test('a log that was not kept, and a database folder that was put back, are told, and a new chain begins with a base', async () => {
  broken = [];
  const chains = (await listChains(folder)).length;
  const archiver = archiverOf();
  await archiver.round();
  await dropSlot(database);
  await write('six');
  await based(archiver);
  await archiver.close();
  expect(broken).toEqual(['the database was not told to keep its log']);
  expect(await listChains(folder)).toHaveLength(chains + 1);

  await database.close();
  const copy = join(layout.home, 'copy');
  await promisify(execFile)('cp', ['-a', layout.cluster, copy]);
  await open();
  await write('seven');
  await archiverOf().round();
  await database.close();
  await rm(layout.cluster, { recursive: true });
  await rename(copy, layout.cluster);
  await open();
  await write('eight, where seven was');
  const next = archiverOf();
  await based(next);
  await next.close();
  expect(broken).toHaveLength(2);
  expect(broken[1]).toMatch(/another one at the same place|put back to an earlier time/u);
  expect(await listChains(folder)).toHaveLength(chains + 2);
  expect(await notesAt('latest')).toContain('eight, where seven was');
}, 420_000);
