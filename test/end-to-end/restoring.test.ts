import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MoveReport, RestoreReport } from '../../src/operations/backups/contract.ts';
import {
  createServiceProcess,
  type Finished,
  type ServiceProcess,
} from '../support/service-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

let folder = '';
/** The first system, the one that it moves to, and one on another machine. */
let first: TestDatabase;
let second: TestDatabase;
let third: TestDatabase;
let here: ServiceProcess;
let elsewhere: ServiceProcess;
let backup = '';

const keysOf = (place: ServiceProcess): string => join(place.folder, 'data', 'keys');
const bring = (...names: readonly string[]): Promise<unknown> =>
  Promise.all(
    names.map((name) =>
      cp(join(keysOf(here), name), join(keysOf(elsewhere), name), { preserveTimestamps: true }),
    ),
  );
async function good<T>(place: ServiceProcess, words: readonly string[]): Promise<T> {
  const ended = await place.run(words, { input: 'a value of the shop\n' });
  expect(`${ended.exitCode} ${ended.stderr}`).toMatch(/^0 /u);
  return ended.json as T;
}
/** A restore is refused while anybody is connected, so nobody stays. */
async function query<T extends object>({ url }: TestDatabase, text: string): Promise<readonly T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}
const eventsOf = async (database: TestDatabase): Promise<readonly string[]> =>
  (await query<{ event: string }>(database, 'select event from audit_entries order by seq')).map(
    ({ event }) => event,
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-restoring-'));
  [first, second, third] = await Promise.all([
    createTestDatabase(),
    createTestDatabase(),
    createTestDatabase(),
  ]);
  for (const database of [first, second, third]) await database.close();
  const place = (name: string, { url }: TestDatabase): Promise<ServiceProcess> =>
    createServiceProcess({
      folder: join(folder, name),
      config: {},
      env: { DATABASE_URL: url },
    });
  here = await place('here', first);
  elsewhere = await place('elsewhere', third);
  await mkdir(keysOf(elsewhere), { recursive: true, mode: 0o700 });
  await good(here, ['credentials', 'set', 'SHOP']);
  ({ file: backup } = await good<{ file: string }>(here, ['backup']));
}, 420_000);
afterAll(async () => {
  for (const database of [first, second, third]) await database.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('the audit log of a moved database says so, and of a restored one what was given up', async () => {
  const moved = await good<MoveReport>(here, ['move-database', second.url]);
  expect(moved).toMatchObject({ auditVerifies: true });
  expect((await eventsOf(second)).at(-1)).toBe('database.moved');

  const restored = await good<RestoreReport>(here, ['restore', backup, '--force']);
  expect(restored).toMatchObject({ auditVerifies: true, vaultProblem: null });
  expect(restored.lost).not.toBeNull();
  expect((await eventsOf(first)).at(-1)).toBe('audit.restored');
  await good(here, ['security', 'verify']);
});

test('on another machine nothing is filled without the keys, and without that of the vault it says what to do', async () => {
  const restore = (...more: readonly string[]): Promise<Finished> =>
    elsewhere.run(['restore', backup, ...more]);
  const tables = async (): Promise<number> =>
    (await query(third, "select from pg_tables where schemaname = 'public'")).length;
  const codeOf = ({ json }: Finished): string =>
    (json as { readonly error: { readonly code: string } }).error.code;

  expect(codeOf(await restore())).toBe('backup_key_missing');
  await bring('backup.key');
  expect(codeOf(await restore())).toBe('key_missing_here');
  await bring('audit.key', 'backup.key');
  await cp(join(keysOf(here), 'backup.key'), join(keysOf(elsewhere), 'marker.key'));
  expect(codeOf(await restore())).toBe('key_differs');
  expect(await tables()).toBe(0);

  await bring('marker.key');
  const closed = await restore();
  expect(closed.exitCode).toBe(1);
  expect(closed.json).toMatchObject({ auditVerifies: true, lost: null });
  expect((closed.json as RestoreReport).vaultProblem).toMatch(
    /its key is not there: nothing in .*vault\.key\. Put the key back there/u,
  );
  expect(await eventsOf(third)).toContain('backup.restored');

  await bring('vault.key');
  await good(elsewhere, ['restore', backup, '--force']);
  const health = await elsewhere.run(['health', '--category', 'security']);
  expect(health.stdout).toContain('All 1 entries open with the key');
});
