import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { githubMigrations } from '../../integrations/github/tables.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { alertMigrations } from '../../platform/alerts/alerts.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import type { Config } from '../../platform/config/schema.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { hearNotices } from '../../platform/database/notices.ts';
import { effectMigrations } from '../../platform/effects/migrations.ts';
import { createBreakers } from '../../platform/resilience/breakers.ts';
import { workChannel } from '../../storage/dispatch-notices.ts';
import { storageMigrations } from '../../storage/migrations.ts';
import { githubAccess } from '../code-host/github-access.ts';
import { createCredentials } from '../store/credentials.ts';
import { type AlertParts, type AlertRooms, openAlerts } from './open-alerts.ts';

const patience = { timeout: 120_000 };
let database: TestDatabase;
let config: Config;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, [
    ...storageMigrations,
    ...effectMigrations,
    ...githubMigrations,
    ...alertMigrations,
  ]);
  const loaded = await loadConfig({
    file: '/somewhere/config.json',
    folder: '/somewhere',
    env: {},
    readFile: async () =>
      JSON.stringify({ alerts: { everySeconds: 3600 }, github: { managerRepo: 'acme/manager' } }),
  });
  config = loaded.config;
});
afterAll(async () => database.drop());

/** The alerts of a service that looks once an hour; `looks` counts. */
function alertsOf(looked: () => void): AlertRooms {
  const store: Partial<AlertParts['store']> = {
    database,
    breakers: createBreakers({ db: database.kysely(), clock: systemClock }),
  };
  Object.assign(store, {
    runs: { spentSince: async () => 0 },
    audit: { list: async () => [] },
  });
  return openAlerts({
    config: () => config,
    store: store as AlertParts['store'],
    history: { totals: async () => [], sums: async () => [], baseline: async () => null },
    blocks: { list: async () => [] },
    health: {
      gaveUp: async () => [],
      takeUnwell: () => {
        looked();
        return [];
      },
    },
    flush: async () => undefined,
    log: silentLog,
  });
}

/** As the process has it that meets the refusals. */
const accessOf = (token: string) =>
  githubAccess({
    config,
    credentials: createCredentials({
      vault: { has: async () => false, useAll: async () => [] },
      environment: () => token,
      clock: systemClock,
      log: silentLog,
    }),
    sealing: { seal: async (plain) => String(plain), open: async (sealed) => Buffer.from(sealed) },
    redactor: { register: () => undefined },
    database,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  })('acme/widgets');

test('a third refusal of a credential in a row suspends it, and people are told at once, not at the next look', {
  timeout: 240_000,
}, async () => {
  let looks = 0;
  const alerts = alertsOf(() => {
    looks += 1;
  });
  let hearers = 0;
  const stop = alerts.keep({
    leads: () => true,
    onAlert: (call) =>
      hearNotices(
        {
          database,
          channel: workChannel,
          onNotice: (text) => {
            hearers += 1;
            if (text === '' || text === 'alert') call();
          },
        },
        { clock: systemClock, log: silentLog },
      ),
  });
  try {
    // The first look, and the one when it hears: from then on it would look in an hour.
    await vi.waitFor(() => expect([hearers, looks]).toEqual([1, 2]), patience);
    const access = accessOf('a token that was revoked');
    for (let refusals = 0; refusals < 2; refusals += 1)
      expect(await access.refused(await access.token())).toBe(false);
    expect(await alerts.firing()).toBe(0);
    expect(await access.refused(await access.token())).toBe(false);
    await expect(access.token()).rejects.toMatchObject({ code: 'github_credential_suspended' });
    await expect.poll(() => alerts.firing(), patience).toBe(1);
    const told = await database.pool.query(
      'select kind, subject, severity, state, text, next from alerts',
    );
    expect(told.rows).toEqual([
      {
        kind: 'credential_suspended',
        subject: 'github_credentials',
        severity: 'critical',
        state: 'firing',
        text: expect.stringContaining('GITHUB_TOKEN'),
        next: expect.stringContaining('credentials set'),
      },
    ]);
  } finally {
    await stop();
  }
});
