import { inject } from 'vitest';
import { createFreshDatabase, type FreshDatabase } from './fresh-database.ts';

/** Remove it with `drop` in `afterAll`. */
export type TestDatabase = FreshDatabase;

/**
 * A fresh, empty database on the run's one PostgreSQL (started by the first caller, 3 s; later ones take 0.1 s).
 *
 *     let database: TestDatabase;
 *     beforeAll(async () => {
 *       database = await createTestDatabase();
 *       await migrate(database, storageMigrations);
 *     });
 *     afterAll(async () => await database.drop());
 *     test('...', async () => {
 *       const db = database.kysely<StorageTables>();
 *     });
 *
 * `database.url` is what a child process takes as DATABASE_URL.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  return await createFreshDatabase(inject('postgresDataDir'));
}
