import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestAudit, type TestAudit } from '../../../test/support/test-audit.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { auditMigrations } from '../../platform/audit/audit.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { audited } from './health-rooms.ts';

let database: TestDatabase;
let log: TestAudit;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, auditMigrations);
  log = await createTestAudit(database);
});
afterAll(async () => {
  await log.remove();
  await database.drop();
});

test('a remedy stands in the audit log before it acts, and afterwards with what it did', async () => {
  const remedy = { name: 'free_memory', check: 'memory' } as Parameters<typeof audited>[1];
  const seen: string[] = [];
  await audited(log.audit, remedy, async () => {
    seen.push(...(await log.audit.list({})).map(({ outcome }) => outcome));
    return 'collected';
  });
  expect(seen).toEqual(['begun']);
  expect(await log.audit.list({})).toMatchObject([
    { event: 'health.remedy', outcome: 'ok', target: 'free_memory', facts: { did: 'collected' } },
    { event: 'health.remedy', outcome: 'begun', facts: { check: 'memory' } },
  ]);
  const failing = audited(log.audit, remedy, async () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect((await log.audit.list({ limit: 1 }))[0]).toMatchObject({ outcome: 'failed' });
});
