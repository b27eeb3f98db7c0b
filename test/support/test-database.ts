import pg from 'pg';
import { inject } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { type Database, openDatabase } from '../../src/platform/database/database.ts';
import { holdServer } from '../../src/platform/database/embedded/supervisor.ts';

export interface TestDatabase extends Database {
  /** Closes the pool and removes the database; call it in `afterAll`. */
  drop(): Promise<void>;
}

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
  const deps = { clock: systemClock, random: systemRandom, log: silentLog };
  const dataDir = inject('postgresDataDir');
  const url = new URL(await holdServer(dataDir, { ...deps, searchPath: process.env['PATH'] }));
  url.pathname = '/postgres';
  const name = `test_${systemRandom.bytes(8).toString('hex')}`;
  const admin = url.toString();
  await runOnce(admin, `create database ${name}`);
  url.pathname = `/${name}`;
  const database = await openDatabase({ url: url.toString(), dataDir }, deps);
  return {
    ...database,
    drop: async () => {
      await database.close();
      await runOnce(admin, `drop database if exists ${name} with (force)`);
    },
  };
}

async function runOnce(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
