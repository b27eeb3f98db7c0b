import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Kysely, sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { canMount, type SmallDisk, smallDisk } from '../../../test/support/small-disk.ts';
import { moveToSmallDisk } from '../../../test/support/small-tablespace.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { auditMigrations, createAudit } from '../audit/audit.ts';
import { createNoteSigner } from '../audit/signed-note.ts';
import { migrate } from '../database/migrate.ts';
import { createKeySource } from './key-source.ts';
import { createVault, type Vault, vaultMigrations } from './vault.ts';

const run = promisify(execFile);
const program = new URL('../../../test/support/vault-rekey-program.ts', import.meta.url).pathname;
const hasStrace = await run('strace', ['-qq', '-e', 'trace=none', 'true']).then(
  () => true,
  () => false,
);
/** strace counts the calls of each thread by themselves. */
const oneThread = { UV_THREADPOOL_SIZE: '1' };
const by = { kind: 'command_line', name: 'ada' };
const names = Array.from({ length: 12 }, (_, n) => `NAME_${n}`);
/** Long, so that a change of all of them needs room. */
const valueOf = (name: string): string => `value of ${name} `.repeat(40);
let database: TestDatabase;
let folder: string;
let file: string;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, [...auditMigrations, ...vaultMigrations]);
});
afterAll(async () => await database.drop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-vault-faults-'));
  file = join(folder, 'keys', 'vault.key');
  await database.pool.query('delete from vault_entries; update vault_state set key_id = null');
});
afterEach(async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }));

/** As a process that has just started: it knows what the database and the key file hold. */
function vault(): Vault {
  const audit = createAudit({
    database,
    clock: systemClock,
    signer: createNoteSigner(Buffer.alloc(32, 1)),
    anchors: [],
    version: 'test',
  });
  return createVault({
    database,
    audit,
    keys: createKeySource({
      env: {},
      file,
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

async function fill(): Promise<void> {
  for (const name of names)
    await vault().set(name, Buffer.from(valueOf(name)), { expiresAt: null, by });
}

async function expectAllReadable(): Promise<void> {
  const one = vault();
  expect(await one.check()).toMatchObject({ entries: names.length, damaged: [] });
  for (const name of names) expect(await one.use(name, 'test')).toBe(valueOf(name));
}

/** No half of a key, and no key that was never used, is left beside the file. */
async function expectNoDraft(): Promise<void> {
  expect((await readdir(dirname(file))).toSorted()).toEqual(['.gitignore', 'vault.key']);
}

async function expectRekeyed(): Promise<void> {
  const done = await vault().rekey({ dropOld: true }, by);
  await expectAllReadable();
  await expectNoDraft();
  expect((await vault().rekey({ dropOld: true }, by)).keyId).not.toBe(done.keyId);
}

// Mounting a disk needs root.
describe.skipIf(!canMount)('a change of the key of the vault on a full disk', () => {
  let disk: SmallDisk;
  beforeEach(async () => {
    disk = await smallDisk({ megabytes: 4 });
    file = join(disk.folder, 'keys', 'vault.key');
    await fill();
  });
  afterEach(async () => await disk.remove());

  test('of the key file fails, leaves every value readable and no half of a key, and is done once there is room', async () => {
    await disk.fill();
    await expect(vault().rekey({ dropOld: true }, by)).rejects.toMatchObject({ code: 'ENOSPC' });
    await expectAllReadable();
    await expectNoDraft();
    await disk.free();
    await expectRekeyed();
  });

  test('of the database fails, leaves every value readable, and is done once there is room', async () => {
    await using small = await moveToSmallDisk(database, 'vault_entries');
    await small.fill();
    await expect(vault().rekey({ dropOld: true }, by)).rejects.toMatchObject({ code: '53100' });
    expect(await vault().check()).toMatchObject({ entries: names.length, damaged: [] });
    await small.free();
    await expectAllReadable();
    await expectRekeyed();
  });

  test('a change of its schema that finds no room leaves nothing behind, and is done once there is room', async () => {
    const fresh = await createTestDatabase();
    try {
      await fresh.pool.query('create table seed (id int)');
      await using small = await moveToSmallDisk(fresh, 'seed');
      const { rows } = await fresh.pool.query<{ name: string }>(
        `select spcname as name from pg_tablespace join pg_class on reltablespace = pg_tablespace.oid
         where relname = 'seed'`,
      );
      const inSmall = vaultMigrations.map((one) => ({
        id: one.id,
        up: async (open: Kysely<unknown>) => {
          await sql`set local default_tablespace to ${sql.ref(rows[0]?.name ?? '')}`.execute(open);
          await one.up(open);
        },
      }));
      await small.fill();
      await expect(migrate(fresh, inSmall)).rejects.toMatchObject({ code: 'migration_failed' });
      const left = await fresh.pool.query(
        `select relname from pg_class where relname like 'vault%' or relname = 'cms_migrations'`,
      );
      expect(left.rows).toEqual([]);
      await small.free();
      expect(await migrate(fresh, vaultMigrations)).toEqual(vaultMigrations.map(({ id }) => id));
    } finally {
      await fresh.drop();
    }
  });
});

describe.runIf(hasStrace)('a change of the key of the vault on a disk that fails at fsync', () => {
  // `DISK_FAULTS=all` for all of them: of the draft of a new key, of the folder it is moved into, of the file without the old key, of its folder.
  test.each(process.env['DISK_FAULTS'] === 'all' ? [1, 2, 3, 4] : [4])(
    'at the fsync number %i leaves every value readable, and is done by the next call',
    async (nth) => {
      await fill();
      const inject = ['-e', 'trace=fsync', '-e', `inject=fsync:error=EIO:when=${nth}`];
      const trace = join(folder, 'trace');
      const ended = await run(
        'strace',
        ['-f', '-qq', '-o', trace, ...inject, process.execPath, program],
        {
          env: {
            PATH: process.env['PATH'],
            DATABASE_URL: database.url,
            KEY_FILE: file,
            ...oneThread,
          },
        },
      ).then(
        () => 'done',
        (error: { readonly stderr: string }) => error.stderr,
      );
      expect(ended).toContain('EIO');
      await expectAllReadable();
      await expectNoDraft();
      await expectRekeyed();
    },
  );
});
