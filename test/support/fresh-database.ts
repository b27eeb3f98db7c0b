import pg from 'pg';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { type Database, openDatabase } from '../../src/platform/database/database.ts';
import { holdServer } from '../../src/platform/database/embedded/supervisor.ts';

export interface FreshDatabase extends Database {
  /** Closes the pool and removes the database. */
  drop(): Promise<void>;
}

/** A fresh, empty database on the embedded server of a data folder, which is started for it when it does not run. */
export async function createFreshDatabase(dataDir: string): Promise<FreshDatabase> {
  const deps = { clock: systemClock, random: systemRandom, log: silentLog };
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
