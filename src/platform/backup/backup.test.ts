import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { backupName, listBackups, pruneBackups } from './backup-folder.ts';
import type { BackupManifest } from './manifest.ts';
import { openBackup } from './open-backup.ts';
import { fillFrom } from './restore-backup.ts';
import { inspectTarget, requireKnownSchema } from './restore-target.ts';
import { thenClosed } from './sealed-file.ts';
import { writeBackup } from './write-backup.ts';

const key = randomBytes(32);
const deps = { clock: systemClock, random: systemRandom };
const schema = `
  create table cms_migrations (id text primary key, applied_at timestamptz not null default now());
  insert into cms_migrations (id) values ('test-0001');
  create table parents (id bigint generated always as identity primary key, note text,
    size int generated always as (length(note)) stored);
  create table children (id int primary key, parent bigint not null references parents (id), data bytea);
  create function forbid() returns trigger language plpgsql as $$ begin raise 'append only'; end $$;
  create trigger stay before insert or update or delete or truncate on children execute function forbid();`;

let folder: string;
let source: TestDatabase;
let file: string;
let manifest: BackupManifest;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-backup-'));
  source = await createTestDatabase();
  await source.pool.query(schema);
  await source.pool.query(`insert into parents (note)
    select case when n % 7 = 0 then null else repeat(E'a\\tb\\n\\\\N', n % 50) || n end from generate_series(1, 5000) n`);
  await source.pool.query('alter table children disable trigger stay');
  await source.pool.query(
    `insert into children select n, n, decode(md5(n::text), 'hex') from generate_series(1, 300) n`,
  );
  await source.pool.query('alter table children enable always trigger stay');
  file = join(folder, 'whole.backup');
  const written = await writeBackup({ database: source, file, key, program: '1.2.3' }, deps);
  ({ manifest } = written);
});

afterAll(async () => {
  await source.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function codeOf(path: string, by: Uint8Array = key): Promise<string> {
  try {
    const backup = await openBackup(path, by);
    await thenClosed(backup, backup.verify());
    return 'whole';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

describe('a backup', () => {
  it('is one file of mode 0600 that says what is in it, and leaves no other behind', async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(manifest).toMatchObject({
      program: '1.2.3',
      migrations: ['test-0001'],
      engineVersion: null,
    });
    expect(manifest.tables.map(({ name, rows }) => [name, rows])).toEqual(
      expect.arrayContaining([
        ['parents', 5000],
        ['children', 300],
        ['cms_migrations', 1],
      ]),
    );
  });

  it('brings every row, sequence and trigger back, into an empty database only', async () => {
    const target = await createTestDatabase();
    try {
      await target.pool.query(schema);
      await target.pool.query('alter table children enable always trigger stay');
      expect(await inspectTarget(target)).toMatchObject({ hasRows: false });
      const backup = await openBackup(file, key);
      await thenClosed(backup, fillFrom(backup, await backup.verify(), target, []));
      for (const table of ['parents', 'children', 'cms_migrations']) {
        const all = `select md5(string_agg(t::text, '|' order by t::text)) as sum from ${table} t`;
        expect((await target.pool.query(all)).rows).toEqual((await source.pool.query(all)).rows);
      }
      const { rows } = await target.pool.query<{ id: number }>(
        `insert into parents (note) values ('next') returning id`,
      );
      expect(rows).toEqual([{ id: 5001 }]);
      await expect(target.pool.query('delete from children')).rejects.toThrow('append only');
      const states = await target.pool.query(
        `select tgenabled from pg_trigger where tgname = 'stay'`,
      );
      expect(states.rows).toEqual([{ tgenabled: 'A' }]);
      expect(await inspectTarget(target)).toMatchObject({ hasRows: true });
    } finally {
      await target.drop();
    }
  });

  it('that is not what was verified leaves the database as it was', async () => {
    const target = await createTestDatabase();
    try {
      await target.pool.query(
        schema.replace('note text', 'remark text').replace('(note)', '(remark)'),
      );
      const backup = await openBackup(file, key);
      const filling = thenClosed(backup, fillFrom(backup, manifest, target, []));
      await expect(filling).rejects.toMatchObject({ code: 'restore_schema_differs' });
      const { rows } = await target.pool.query('select id from cms_migrations');
      expect(rows).toEqual([{ id: 'test-0001' }]);
    } finally {
      await target.drop();
    }
  });

  it('is refused with another key, cut anywhere, or with any bit turned', async () => {
    const bytes = await readFile(file);
    expect(await codeOf(file)).toBe('whole');
    expect(await codeOf(file, randomBytes(32))).toBe('backup_key_wrong');
    const path = join(folder, 'harmed');
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
        await writeFile(path, bytes.subarray(0, length));
        expect(['backup_cut', 'backup_foreign']).toContain(await codeOf(path));
      }),
      { numRuns: 40 },
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const harmed = Buffer.from(bytes);
        harmed.writeUInt8(harmed.readUInt8(at) ^ (1 << bit), at);
        await writeFile(path, harmed);
        expect(await codeOf(path)).toMatch(
          /^backup_(?:altered|cut|foreign|format_newer|key_wrong)$/u,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is refused when it is another file, a newer format, missing, or of a newer schema', async () => {
    const path = join(folder, 'other');
    await writeFile(path, 'PGDMP and more');
    expect(await codeOf(path)).toBe('backup_foreign');
    await writeFile(path, 'claude-manager-backup 2\nand more');
    expect(await codeOf(path)).toBe('backup_format_newer');
    expect(await codeOf(join(folder, 'none'))).toBe('backup_not_found');
    expect(await codeOf(folder)).toBe('backup_foreign');
    expect(() => requireKnownSchema(manifest, ['other-0001'])).toThrow('newer version');
  });

  it('is never written over another file', async () => {
    const before = await readFile(file);
    const again = writeBackup({ database: source, file, key, program: '1.2.3' }, deps);
    await expect(again).rejects.toMatchObject({ code: 'backup_exists' });
    expect(await readFile(file)).toEqual(before);
  });

  it('goes into no database that somebody uses or that holds other tables', async () => {
    const target = await createTestDatabase();
    const other = await createTestDatabase();
    try {
      await target.pool.query('create table invoices (id int)');
      await expect(inspectTarget(target)).rejects.toMatchObject({ code: 'restore_foreign_tables' });
      const client = await other.pool.connect();
      await client.query(`set application_name = 'somebody'`);
      await expect(inspectTarget(other)).rejects.toMatchObject({
        code: 'restore_in_use',
        details: { users: ['somebody'] },
      });
      client.release(true);
    } finally {
      await target.drop();
      await other.drop();
    }
  });
});

describe('the folder of backups', () => {
  it('keeps the newest, removes the rest, and touches no other file', async () => {
    const place = await mkdtemp(join(tmpdir(), 'cms-backups-'));
    try {
      const times = [1, 2, 3].map((day) => new Date(Date.UTC(2026, 0, day, 4, 5, 6)));
      for (const at of times) await writeFile(join(place, backupName(at)), '');
      await writeFile(join(place, 'before-restore-x.backup'), '');
      expect((await listBackups(place)).map(({ at }) => at)).toEqual(times.toReversed());
      expect(await pruneBackups(place, 2)).toEqual([
        join(place, 'claude-manager-20260101T040506Z.backup'),
      ]);
      expect(await readdir(place)).toHaveLength(3);
      expect(await listBackups(join(place, 'none'))).toEqual([]);
    } finally {
      await rm(place, { recursive: true });
    }
  });
});
