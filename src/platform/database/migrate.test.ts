import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { type Migration, migrate } from './migrate.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => await database.drop());

const makes = (id: string): Migration => ({
  id,
  up: async (db) => void (await sql`create table ${sql.table(id)} (n int8)`.execute(db)),
});
const breaks: Migration = {
  id: 'breaks',
  up: async (db) => {
    await sql`create table half_made (n int8)`.execute(db);
    throw new Error('no more');
  },
};

async function tables(): Promise<readonly string[]> {
  const found = await database.pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  );
  return found.rows.map((row) => row.name);
}

test('what is missing is applied once, in the order given', async () => {
  expect(await migrate(database, [makes('one')])).toEqual(['one']);
  expect(await migrate(database, [makes('one'), makes('two'), makes('three')])).toEqual([
    'two',
    'three',
  ]);
  expect(await migrate(database, [makes('one'), makes('two'), makes('three')])).toEqual([]);
});

test('processes that migrate at once do not meet', async () => {
  const all = await Promise.all([1, 2, 3].map(async () => await migrate(database, [makes('one')])));
  expect(all.flat()).toEqual(['one']);
});

test('a migration that fails leaves nothing, not even those before it', async () => {
  await expect(migrate(database, [makes('one'), breaks])).rejects.toMatchObject({
    code: 'migration_failed',
    details: { migration: 'breaks' },
  });
  expect(await tables()).toEqual([]);
});

test('a migration killed halfway leaves nothing', async () => {
  const killed: Migration = {
    id: 'killed',
    up: async (db) => {
      await sql`create table half_made (n int8)`.execute(db);
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(db);
    },
  };
  await expect(migrate(database, [makes('one'), killed])).rejects.toThrow();
  expect(await tables()).toEqual([]);
  expect(await migrate(database, [makes('one')])).toEqual(['one']);
});

test('a schema newer than the program is refused', async () => {
  await migrate(database, [makes('one'), makes('two')]);
  await expect(migrate(database, [makes('one')])).rejects.toMatchObject({
    kind: 'conflict',
    code: 'schema_newer',
  });
});

test('two migrations with one id are a mistake that is told', async () => {
  await expect(migrate(database, [makes('one'), makes('one')])).rejects.toMatchObject({
    code: 'migration_twice',
  });
});
