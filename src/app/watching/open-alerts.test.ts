import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { githubMigrations } from '../../integrations/github/tables.ts';
import { silentLog } from '../../lib/log.ts';
import { alertMigrations } from '../../platform/alerts/alerts.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { advisoryKey } from '../../platform/database/advisory-locks.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { effectMigrations } from '../../platform/effects/migrations.ts';
import type { CheckResult } from '../../platform/health/check.ts';
import { storageMigrations } from '../../storage/migrations.ts';
import { openAlerts } from './open-alerts.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, [
    ...storageMigrations,
    ...effectMigrations,
    ...githubMigrations,
    ...alertMigrations,
  ]);
});
afterAll(async () => await database.drop());

const away = {
  name: 'database',
  category: 'database',
  critical: true,
  status: 'unhealthy',
  value: null,
  unit: 'ms',
  threshold: null,
  evidence: 'The database was away.',
  remedy: null,
  durationMs: 1,
  deadlineMs: 1000,
} as const satisfies CheckResult;

test('what was not well between two looks is told although the first of them could keep nothing', async () => {
  const { config } = await loadConfig({ folder: '/srv', env: {} });
  const seen: (readonly CheckResult[])[] = [[away]];
  const rooms = openAlerts({
    config: () => config,
    store: {
      database,
      runs: { spentSince: async () => 0 },
      audit: { list: async () => [] },
    } as never,
    history: { totals: async () => [], sums: async () => [], baseline: async () => null },
    blocks: { list: async () => [] },
    health: { takeUnwell: () => seen.shift() ?? [], gaveUp: async () => [] },
    flush: async () => undefined,
    log: silentLog,
  });
  const look = async (): Promise<readonly object[]> => {
    await rooms.keep({ leads: () => true, onAlert: () => async () => undefined })();
    return (await database.pool.query<object>('select subject, state from alerts')).rows;
  };
  const other = await database.pool.connect();
  try {
    await other.query('begin');
    await other.query('select pg_advisory_xact_lock($1)', [advisoryKey('alerts')]);
    expect(await look()).toEqual([]);
    await other.query('rollback');
  } finally {
    other.release();
  }
  expect(await look()).toEqual([{ subject: 'database', state: 'firing' }]);
  expect(await look()).toEqual([{ subject: 'database', state: 'resolved' }]);
});
