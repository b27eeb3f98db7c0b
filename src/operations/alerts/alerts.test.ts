import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createManualClock } from '../../../test/fakes/manual-clock.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import type { Actor } from '../../domain/actor.ts';
import { silentLog } from '../../lib/log.ts';
import { alertMigrations, createAlerts } from '../../platform/alerts/alerts.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { createGate } from '../gate.ts';
import type { SilenceLine } from './contract.ts';
import { alertHandlers } from './handlers.ts';

const clock = createManualClock();
const ann: Actor = { kind: 'command_line', name: 'ann', isOwner: true };
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, alertMigrations);
});
afterAll(async () => await database.drop());
beforeEach(async () => {
  await database.pool.query('delete from alerts');
  await database.pool.query('delete from alert_silences');
});

test('a silence is set, listed, ended by whom may, begun before in the audit log; what is not there is named', async () => {
  const begun: string[] = [];
  const alerts = createAlerts(database, { clock, log: silentLog, sinks: () => [] });
  const gate = createGate({
    served: alertHandlers({ alerts, clock }),
    audit: {
      begin: async ({ operation }) => {
        if (operation !== 'silences.list') begun.push(operation);
        return '1';
      },
      finish: async () => undefined,
    },
    clock,
    newCorrelationId: () => 'c',
    within: async (_context, body) => body(),
    log: { info: () => undefined, warn: () => undefined },
  });
  const call = async (name: string, input: unknown = {}, actor: Actor = ann): Promise<unknown> =>
    gate.execute(name, input, { door: 'cli', actor, clientId: 'local' });
  const lasting = async () =>
    ((await call('silences.list')) as { items: readonly SilenceLine[] }).items;

  await call('silences.create', { kind: 'latency', subject: 'tasks.list', hours: 2 });
  const all = (await call('silences.create', { hours: 1, reason: 'new disk' })) as SilenceLine;
  expect(all).toMatchObject({ kind: null, subject: null, by: 'ann', reason: 'new disk' });
  expect(Math.round((Date.parse(all.until) - clock.now().getTime()) / 1000)).toBe(3600);
  expect(new Set((await lasting()).map(({ kind }) => kind))).toEqual(new Set(['latency', null]));
  await call('silences.end', { id: all.id });
  expect((await lasting()).map(({ kind }) => kind)).toEqual(['latency']);
  expect(begun).toEqual(['silences.create', 'silences.create', 'silences.end']);

  await expect(call('silences.end', { id: all.id })).rejects.toMatchObject({
    code: 'silence_unknown',
  });
  await expect(call('silences.create', { kind: 'lateness' })).rejects.toMatchObject({
    code: 'alert_kind_unknown',
    next: expect.stringContaining('latency'),
  });
  await expect(call('alerts.silence', { id: '0123456789ab' })).rejects.toMatchObject({
    code: 'alert_unknown',
  });
  const viewer: Actor = { kind: 'command_line', name: 'eve', isOwner: false };
  await expect(call('silences.create', {}, viewer)).rejects.toMatchObject({ kind: 'forbidden' });
  clock.advance(2 * 3_600_000);
  expect(await lasting()).toEqual([]);
});

test('the silence of one alert holds for what it is about, and shows in the list', async () => {
  const alerts = createAlerts(database, { clock, log: silentLog, sinks: () => [] });
  const [, silence] = alertHandlers({ alerts, clock });
  expect(silence?.contract.name).toBe('alerts.silence');
  const common = { severity: 'critical', text: 'bad', next: 'mend it', forMs: 0 } as const;
  await alerts.observe([{ ...common, kind: 'clock', subject: 'clock' }]);
  const [{ id } = { id: '' }] = await alerts.list(false);
  const context = { actor: ann } as never;
  await silence?.handler({ id, hours: 4 }, context);
  expect(await alerts.silences()).toMatchObject([{ kind: 'clock', subject: 'clock' }]);
  expect(await alerts.list(false)).toMatchObject([{ id, silenced_by: 'ann' }]);
});
