import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { systemClock } from '../../lib/clock.ts';
import { migrate } from '../database/migrate.ts';
import { createHealthStore } from './health-store.ts';
import { type HealthTables, healthMigrations } from './tables.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, healthMigrations);
});
afterAll(async () => {
  await database.drop();
});

test('the course of a check has the last value and the worst result of each step, and gaps where nobody measured', async () => {
  const store = createHealthStore(database.kysely<HealthTables>(), systemClock);
  const from = new Date(systemClock.now().getTime() - 4 * 60_000);
  const report = async (seconds: number, overall: string, disk: readonly [string, number | null]) =>
    database.pool.query(
      'insert into health_reports (at, process, overall, score, values) values ($1, $2, $3, 90, $4)',
      [
        new Date(from.getTime() + seconds * 1000),
        'a process',
        overall,
        JSON.stringify({ disk, ...(seconds > 120 ? { memory: ['healthy', 7] } : {}) }),
      ],
    );
  await report(-10, 'unhealthy', ['unhealthy', 1]); // before the first step
  await report(5, 'healthy', ['healthy', 10]);
  await report(50, 'degraded', ['degraded', 4]);
  await report(55, 'healthy', ['healthy', 11]);
  await report(130, 'unknown', ['unknown', null]);
  await report(239, 'unhealthy', ['unhealthy', 0]);
  expect(await store.history(from, 60_000, 4)).toEqual({
    overall: ['degraded', null, 'unknown', 'unhealthy'],
    checks: [
      {
        name: 'disk',
        values: [11, null, null, 0],
        statuses: ['degraded', null, 'unknown', 'unhealthy'],
      },
      { name: 'memory', values: [null, null, 7, 7], statuses: [null, null, 'healthy', 'healthy'] },
    ],
  });
  expect(await store.latest()).toMatchObject({ overall: 'unhealthy' });
});
