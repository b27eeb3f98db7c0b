import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChecklistItem, ValidationReport } from '../../src/operations/config/contract.ts';
import { startService } from '../support/running-service.ts';
import type { Finished, ServiceProcess } from '../support/service-process.ts';
import { createServiceProcess } from '../support/service-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

let folder = '';
let database: TestDatabase;
let place: ServiceProcess;
let empty: ServiceProcess;

const config = {
  security: { authentication: { require_2fa: true } },
  logging: { standardOutput: true },
  alerts: { webhookCredential: 'ALERT_WEBHOOK_URL' },
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-checklist-'));
  database = await createTestDatabase();
  const env = { DATABASE_URL: database.url };
  place = await createServiceProcess({ folder: join(folder, 'live'), config, env });
  await chmod(join(folder, 'live', 'config.json'), 0o640);
  empty = await createServiceProcess({ folder: join(folder, 'empty'), config: {}, env: {} });
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function good(words: readonly string[], input?: string): Promise<Finished> {
  const ended = await place.run(words, input === undefined ? {} : { input });
  expect(`${ended.exitCode} ${ended.stderr}`).toMatch(/^0 /u);
  return ended;
}

async function checklist(of: ServiceProcess): Promise<Record<string, ChecklistItem>> {
  const { json } = await of.run(['validate', '--environment', 'production']);
  const items = (json as ValidationReport).checklist ?? [];
  expect(items).toHaveLength(9);
  return Object.fromEntries(items.map((one) => [one.item, one]));
}

const statuses = (items: Record<string, ChecklistItem>): Record<string, string> =>
  Object.fromEntries(Object.entries(items).map(([item, { status }]) => [item, status]));

test('without a system nothing but the file is measured, and no database is made for the question', async () => {
  const items = await checklist(empty);
  expect(statuses(items)).toEqual({
    configuration: 'fail',
    health: 'not_measured',
    security_audit: 'not_measured',
    baseline: 'not_measured',
    log_aggregation: 'fail',
    alerts: 'not_measured',
    backup: 'not_measured',
    rate_limiting: 'not_measured',
    rotation: 'not_measured',
  });
  expect(items['health']?.evidence).toContain('There is no database yet');
  expect((await empty.run(['validate', '--environment', 'staging'])).json).toMatchObject({
    checklist: null,
  });
}, 420_000);

test('each item of a running system turns from fail to pass by what the checklist says to do', async () => {
  const service = await startService(place);
  try {
    const before = await checklist(place);
    expect(statuses(before)).toMatchObject({
      configuration: 'pass',
      security_audit: 'pass',
      baseline: 'fail',
      log_aggregation: 'pass',
      alerts: 'fail',
      backup: 'fail',
      rate_limiting: 'pass',
      rotation: 'not_measured',
    });
    // Whether this machine is well is its own affair; that the service was asked is ours.
    expect(before['health']?.evidence).toMatch(/\d+ of \d+ checks are healthy/u);

    await good(['performance', 'baseline']);
    await good(['credentials', 'set', 'ALERT_WEBHOOK_URL'], 'https://hooks.example.com/x');
    const { file } = (await good(['backup'])).json as { file: string };
    const halfway = await checklist(place);
    expect(statuses(halfway)).toMatchObject({ alerts: 'pass', backup: 'fail', rotation: 'fail' });
    expect(halfway['rotation']?.evidence).toContain('ALERT_WEBHOOK_URL has neither a rotation');

    await good(['backups', 'verify', file]);
    const expires = '2099-01-01T00:00:00Z';
    await good(
      ['credentials', 'set', 'ALERT_WEBHOOK_URL', '--expires', expires],
      'https://hooks.example.com/y',
    );
    const after = await checklist(place);
    expect(statuses(after)).toMatchObject({ backup: 'pass', rotation: 'pass' });
    expect(after['backup']?.evidence).toContain('backups.verify');
  } finally {
    await service.stop();
  }
  const open = await startService(place, { words: ['--no-security'] });
  try {
    const { rate_limiting: limits } = await checklist(place);
    expect(limits?.status).toBe('fail');
    expect(limits?.evidence).toContain('without limits');
  } finally {
    await open.stop();
  }
}, 420_000);
