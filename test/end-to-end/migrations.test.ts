import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrations } from '../../src/app/store/open-store.ts';
import { seededFractions } from '../support/seeded.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

/** MIGRATION_KILLS for more points (a hundred once by hand), MIGRATION_SEED to repeat some. */
const kills = Number(process.env['MIGRATION_KILLS'] ?? '4');
const seed = Number(process.env['MIGRATION_SEED'] ?? '1');
const program = new URL('../support/migrate-program.ts', import.meta.url).pathname;

const opened: TestDatabase[] = [];
const fresh = async (): Promise<TestDatabase> => {
  const database = await createTestDatabase();
  opened.push(database);
  return database;
};
let whole: readonly string[] = [];
beforeAll(async () => {
  const database = await fresh();
  expect(await migrated(database)).toEqual([0, null]);
  whole = await schemaOf(database);
}, 420_000);
afterAll(() => Promise.all(opened.map((database) => database.drop())));

async function migrated(
  { url }: TestDatabase,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly unknown[]> {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'], DATABASE_URL: url, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return (await once(child, 'exit')) as unknown[];
}

/** Tables, columns and indices, one a line. */
async function schemaOf({ pool }: TestDatabase): Promise<readonly string[]> {
  const { rows } = await pool.query<{ line: string }>(
    `select table_name || ' ' || column_name || ' ' || data_type as line
       from information_schema.columns where table_schema = 'public'
     union all select indexdef from pg_indexes where schemaname = 'public' order by 1`,
  );
  return rows.map(({ line }) => line);
}

test(`a change of the schema that is killed at any of ${kills} points, seed ${seed}, leaves nothing, and the next start completes it`, async () => {
  const fraction = seededFractions(seed);
  for (let kill = 0; kill < kills; kill += 1) {
    const database = await fresh();
    const at = Math.floor(fraction() * migrations.length);
    const env = { KILL_AT: String(at), KILL_MS: String(Math.floor(fraction() * 40)) };
    expect(await migrated(database, env), JSON.stringify(env)).toEqual([null, 'SIGKILL']);
    expect(await schemaOf(database)).toEqual([]);
    expect(await migrated(database)).toEqual([0, null]);
    expect(await schemaOf(database)).toEqual(whole);
    await opened.pop()?.drop();
  }
}, 3_600_000);
