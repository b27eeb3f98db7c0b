import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { auditMigrations, createAudit } from '../audit/audit.ts';
import { createNoteSigner } from '../audit/signed-note.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { createKeySource } from './key-source.ts';
import { createVault, type Vault, vaultMigrations } from './vault.ts';

const run = promisify(execFile);
/** `DISK_FAULTS=all`: each starts a database server of its own and breaks it. */
const isAsked = process.env['DISK_FAULTS'] === 'all';
const patience = { timeout: 120_000, interval: 500 };
const by = { kind: 'command_line', name: 'ada' };
const names = ['NAME_1', 'NAME_2', 'NAME_3'];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-broken-disk-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const open = async (): Promise<Database> =>
  await openDatabase(
    { dataDir: join(folder, 'data') },
    {
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      searchPath: process.env['PATH'],
    },
  );

/** The same server once its disk is well again, started anew where it ended. */
async function reopened(): Promise<Database> {
  return await vi.waitFor(async () => {
    const database = await open();
    await database.pool.query('select 1');
    return database;
  }, patience);
}

/** Every fsync of the server fails while the work is done; answers what the work threw. */
async function whileFsyncFails(work: () => Promise<unknown>): Promise<unknown> {
  const file = join(folder, 'data', 'postgres', 'data', 'postmaster.pid');
  const [pid = ''] = (await readFile(file, 'utf8')).split('\n');
  const { stdout } = await run('pgrep', ['-P', pid.trim()]);
  const pids = [pid.trim(), ...stdout.split('\n').filter(Boolean)];
  const calls = 'fsync,fdatasync';
  const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:error=EIO`];
  const strace = spawn('strace', ['-f', ...inject, ...pids.flatMap((one) => ['-p', one])], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  strace.stderr.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  const ended = once(strace, 'close');
  await vi.waitFor(() => expect(said.match(/attached/gu)).toHaveLength(pids.length), patience);
  try {
    return await work().then(
      () => 'done',
      (error: unknown) => error,
    );
  } finally {
    strace.kill('SIGINT');
    await ended;
    expect(said).toContain('(INJECTED)');
  }
}

function vaultOn(database: Database): Vault {
  return createVault({
    database,
    audit: createAudit({
      database,
      clock: systemClock,
      signer: createNoteSigner(Buffer.alloc(32, 1)),
      anchors: [],
      version: 'test',
    }),
    keys: createKeySource({
      env: {},
      file: join(folder, 'keys', 'vault.key'),
      ownFolder: true,
      random: systemRandom,
      userId: process.getuid?.(),
    }),
    clock: systemClock,
    random: systemRandom,
    redactor: { register: () => undefined },
    log: silentLog,
    correlationId: () => 'test',
    policies: () => ({}),
    programs: { folder, path: '', home: folder, timeoutMs: 5000 },
    alert: async () => undefined,
  });
}

test.runIf(isAsked)(
  'a change of the schema of the vault on a database whose disk fails at fsync is whole or not there, and is done by the next start',
  { timeout: 400_000 },
  async () => {
    const before = await open();
    await migrate(before, auditMigrations);
    const outcome = await whileFsyncFails(() =>
      migrate(before, [...auditMigrations, ...vaultMigrations]),
    );
    expect(outcome).toBeInstanceOf(Error);
    await before.close().catch(() => undefined);
    const after = await reopened();
    await migrate(after, [...auditMigrations, ...vaultMigrations]);
    await vaultOn(after).set('NAME', Buffer.from('value'), { expiresAt: null, by });
    expect(await vaultOn(after).use('NAME', 'test')).toBe('value');
    await after.close();
  },
);

test.runIf(isAsked)(
  'a change of the key of the vault on a database whose disk fails at fsync leaves every value readable, and is done by the next call',
  { timeout: 400_000 },
  async () => {
    const before = await open();
    await migrate(before, [...auditMigrations, ...vaultMigrations]);
    for (const name of names)
      await vaultOn(before).set(name, Buffer.from(`value of ${name}`), { expiresAt: null, by });
    const outcome = await whileFsyncFails(() => vaultOn(before).rekey({ dropOld: true }, by));
    expect(outcome).toBeInstanceOf(Error);
    await before.close().catch(() => undefined);
    const after = await reopened();
    const expectReadable = async (): Promise<void> => {
      expect(await vaultOn(after).check()).toMatchObject({ damaged: [] });
      for (const name of names)
        expect(await vaultOn(after).use(name, 'test')).toBe(`value of ${name}`);
    };
    await expectReadable();
    await vaultOn(after).rekey({ dropOld: true }, by);
    await expectReadable();
    await after.close();
  },
);
