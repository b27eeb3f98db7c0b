import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { type Migration, migrate } from './migrate.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => await database.drop());

test('x', async () => {
  const a: Migration = {
    id: 'a',
    up: async (db) => void (await sql`create table a (n int8)`.execute(db)),
  };
  expect(await migrate(database, [a])).toEqual(['a']);
});
