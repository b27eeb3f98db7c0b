import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock } from '../../../test/fakes/manual-clock.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { silentLog } from '../../lib/log.ts';
import { migrate } from '../database/migrate.ts';
import { type Alerts, alertMigrations, createAlerts, slackMessage } from './alerts.ts';
import { judgeBurn, type Minute } from './burn.ts';
import { alertKinds, type Condition, type Facts, judge } from './rules.ts';

const minuteMs = 60_000;
const target = 0.999;

/** Minutes that end now, 100 calls each, with a share of failures by age in minutes. */
function minutes(count: number, share: (age: number) => number): Minute[] {
  let owed = 0;
  return Array.from({ length: count }, (_, index) => {
    owed += 100 * share(count - index);
    const failed = Math.floor(owed);
    owed -= failed;
    return { atMs: (index + 1) * minuteMs, calls: 100, failed };
  });
}

describe('the burn of the error budget', () => {
  const days3 = 72 * 60;
  test.each([
    ['an outage of ten minutes', (age: number) => (age <= 10 ? 1 : 0), 'critical', 14.4],
    ['2 % for an hour', (age: number) => (age <= 60 ? 0.02 : 0), 'critical', 14.4],
    ['0.8 % for six hours', (age: number) => (age <= 360 ? 0.008 : 0), 'critical', 6],
    ['0.15 % for three days', () => 0.0015, 'warning', 1],
  ] as const)('%s is told', (_name, share, severity, limit) => {
    const burn = judgeBurn(minutes(days3, share), target, days3 * minuteMs);
    expect(burn).toMatchObject({ severity, limit });
  });

  test('30 days of 0.05 % tell nobody, at any minute looked at', () => {
    const month = minutes(30 * 24 * 60, () => 0.0005);
    for (let end = days3; end <= month.length; end += 97) {
      const seen = month.slice(end - days3, end);
      expect(judgeBurn(seen, target, end * minuteMs)).toBeNull();
    }
  });

  test('what has ended is not told any more', () => {
    const over = minutes(days3, (age) => (age > 20 && age <= 30 ? 1 : 0));
    expect(judgeBurn(over, target, days3 * minuteMs)?.limit).not.toBe(14.4);
  });
});

const well: Facts = {
  nowMs: 72 * 60 * minuteMs,
  availability: target,
  latencyFactor: 2,
  operations: minutes(72 * 60, () => 0),
  objectives: { webhook_stored: [], approval_started: [], effects_once: [] },
  recent: [],
  baseline: null,
  unwell: [],
  blocked: [],
  oldestEffectSeconds: null,
  spentUsd: 0,
  budgetUsd: 50,
  quotas: [{ credential: 'c', pausedSeconds: 0, contentThisHour: 500 }],
  backup: null,
};

function slow(bin: number): NonNullable<Facts['baseline']>[number] {
  const counts = { calls: 40, refused: 0, failed: 0, totalMs: 1, maxMs: 1, bins: { [bin]: 40 } };
  return { area: 'operation', name: 'tasks.list', ...counts };
}

test('nothing is told of a service that is well, or of what could not be measured', () => {
  expect(judge(well)).toEqual([]);
  expect(judge({ ...well, spentUsd: null, quotas: [], operations: [] })).toEqual([]);
  expect(judge({ ...well, budgetUsd: 0 })).toEqual([]);
});

test('every kind of alert comes of something measured, and of that alone', () => {
  const unwell = (kind: Condition['kind']): Partial<Facts> => ({
    unwell: [{ kind, name: kind, severity: 'critical', text: 'bad', next: null, forMs: 0 }],
  });
  const faults: Readonly<Record<Condition['kind'], Partial<Facts>>> = {
    error_rate: { operations: minutes(72 * 60, (age) => (age <= 10 ? 1 : 0)) },
    objective: {
      objectives: {
        ...well.objectives,
        effects_once: minutes(72 * 60, (age) => (age === 30 ? 0.01 : 0)),
      },
    },
    latency: { baseline: [slow(180)], recent: [slow(220)] },
    exhaustion: unwell('exhaustion'),
    security: { blocked: [{ subject: 'address:192.0.2.1', reason: 'probing' }] },
    stuck_work: { oldestEffectSeconds: 1000 },
    budget: { spentUsd: 41 },
    quota: { quotas: [{ credential: 'c', pausedSeconds: 60, contentThisHour: 500 }] },
    backup_failed: { backup: 'failed' },
    audit_fault: unwell('audit_fault'),
    credential_ending: unwell('credential_ending'),
    credential_suspended: unwell('credential_suspended'),
    config_drift: unwell('config_drift'),
    clock: unwell('clock'),
    unhealthy: unwell('unhealthy'),
  };
  for (const kind of alertKinds)
    expect(judge({ ...well, ...faults[kind] }).map((one) => one.kind)).toEqual([kind]);
});

describe('an alert', () => {
  let database: TestDatabase;
  const clock = createManualClock();
  let got: string[] = [];
  let isDown = false;
  beforeAll(async () => {
    database = await createTestDatabase();
    await migrate(database, alertMigrations);
  });
  beforeEach(async () => {
    await database.pool.query('delete from alerts');
    await database.pool.query('delete from alert_silences');
    got = [];
    isDown = false;
  });
  afterAll(async () => await database.drop());

  /** As a process that has just started: it knows only what the database knows. */
  function started(): Alerts {
    const send = async (body: string): Promise<void> => {
      if (isDown) throw new Error('connection refused');
      got.push((JSON.parse(body) as { text: string }).text.split(' ')[0] ?? '');
    };
    const sinks = () => [{ name: 'webhook', send, write: slackMessage }];
    return createAlerts(database, { clock, log: silentLog, sinks });
  }

  const bad: Condition = {
    kind: 'budget',
    subject: 'day',
    severity: 'critical',
    text: 'spent',
    next: 'wait',
    forMs: 0,
  };

  test('is told once when it begins and once when it ends, over restarts', async () => {
    for (let look = 0; look < 3; look += 1) {
      const alerts = started();
      await alerts.observe([bad, bad]);
      await alerts.deliver();
    }
    expect(got).toEqual(['CRITICAL:']);
    await started().observe([]);
    await started().observe([]);
    await started().deliver();
    expect(got).toEqual(['CRITICAL:', 'RESOLVED:']);
    expect(await started().list(false)).toEqual([]);
    expect(await started().list(true)).toMatchObject([{ state: 'resolved', kind: 'budget' }]);
  });

  test('that has to last is pending first, and says nothing when it passes', async () => {
    const alerts = started();
    const lasting = { ...bad, forMs: minuteMs };
    await alerts.observe([lasting]);
    expect(await alerts.list(false)).toMatchObject([{ state: 'pending' }]);
    await alerts.observe([]);
    clock.advance(5000);
    await alerts.observe([lasting]);
    clock.advance(minuteMs);
    await alerts.observe([lasting]);
    expect(await alerts.list(false)).toMatchObject([{ state: 'firing' }]);
    await alerts.deliver();
    expect(got).toEqual(['CRITICAL:']);
  });

  test('waits in the database while its sink is down, and arrives later', async () => {
    isDown = true;
    await started().observe([bad]);
    expect(await started().deliver()).toBe(0);
    isDown = false;
    expect(await started().deliver()).toBe(0);
    clock.advance(40_000);
    expect(await started().deliver()).toBe(1);
    expect(await started().deliver()).toBe(0);
    expect(got).toEqual(['CRITICAL:']);
  });

  test('that ended while its sink was down is told in order: begun first, then ended', async () => {
    isDown = true;
    await started().observe([bad]);
    await started().deliver();
    clock.advance(1000);
    await started().observe([]);
    isDown = false;
    expect(await started().deliver()).toBe(0);
    clock.advance(40_000);
    await started().deliver();
    await started().deliver();
    expect(got).toEqual(['CRITICAL:', 'RESOLVED:']);
  });

  const hourMs = 3_600_000;
  const silence = (what: { kind?: 'budget' | 'latency'; subject?: string } = {}) =>
    started().silence({
      kind: what.kind ?? null,
      subject: what.subject ?? null,
      until: new Date(clock.now().getTime() + hourMs),
      made_by: 'ada',
      reason: 'the disk is changed',
    });
  const look = async (...conditions: readonly Condition[]): Promise<readonly string[]> => {
    await started().observe(conditions);
    await started().deliver();
    return got;
  };

  test('that is silenced stays in the list, is looked at, tells nobody, and names who silenced it; its end is told after the silence', async () => {
    expect(await look(bad)).toEqual(['CRITICAL:']);
    await silence({ kind: 'budget', subject: 'day' });
    expect(await look({ ...bad, text: 'spent more' })).toEqual(['CRITICAL:']);
    expect(await started().list(false)).toMatchObject([
      { silenced_by: 'ada', state: 'firing', text: 'spent more' },
    ]);
    expect(await look()).toEqual(['CRITICAL:']);
    expect(await started().list(true)).toMatchObject([{ silenced_by: 'ada', state: 'resolved' }]);
    clock.advance(hourMs + 1);
    expect(await look()).toEqual(['CRITICAL:', 'RESOLVED:']);
    expect(await look()).toEqual(['CRITICAL:', 'RESOLVED:']);
  });

  test.each([
    ['of its kind', { kind: 'budget' }],
    ['of its kind and subject', { kind: 'budget', subject: 'day' }],
    ['of everything, for maintenance', {}],
  ] as const)(
    'that begins under a silence %s is told once when it still fires at its end',
    async (_what, named) => {
      await silence(named);
      for (let times = 0; times < 3; times += 1) expect(await look(bad)).toEqual([]);
      expect(await started().list(false)).toMatchObject([{ state: 'firing', silenced_by: 'ada' }]);
      clock.advance(hourMs + 1);
      for (let times = 0; times < 3; times += 1) expect(await look(bad)).toEqual(['CRITICAL:']);
      expect(await started().list(false)).toMatchObject([{ state: 'firing', silenced_by: null }]);
    },
  );

  test('that comes and goes under a silence, however often, is never told', async () => {
    await silence();
    for (let times = 0; times < 3; times += 1) {
      clock.advance(1000);
      await look(bad);
      await look();
    }
    clock.advance(hourMs);
    expect(await look()).toEqual([]);
    expect(await started().list(true)).toHaveLength(3);
  });

  test('of another kind or about something else is told under a silence', async () => {
    await silence({ kind: 'latency' });
    await silence({ kind: 'budget', subject: 'month' });
    expect(await look(bad)).toEqual(['CRITICAL:']);
  });

  test('is told with the next look when a person ends the silence, which can be ended once', async () => {
    const { id } = await silence();
    expect(await look(bad)).toEqual([]);
    expect(await started().silences()).toMatchObject([
      { id, kind: null, made_by: 'ada', reason: 'the disk is changed' },
    ]);
    expect(await started().endSilence(id)).toMatchObject({ id });
    expect(await started().endSilence(id)).toBeNull();
    expect(await started().silences()).toEqual([]);
    expect(await look(bad)).toEqual(['CRITICAL:']);
  });

  test('that a person resolved comes back as a new one while it is not over', async () => {
    const alerts = started();
    await alerts.observe([bad]);
    const [{ id } = { id: '' }] = await alerts.list(false);
    expect(await alerts.resolve(id, 'ada')).toMatchObject({ resolved_by: 'ada' });
    expect(await alerts.resolve(id, 'ada')).toBeNull();
    await alerts.observe([bad]);
    const [again] = await alerts.list(false);
    expect(again?.state).toBe('firing');
    expect(again?.id).not.toBe(id);
  });
});

test('silences that stand when the schema changes go on, and what was told is not told again', async () => {
  const database = await createTestDatabase();
  try {
    await migrate(database, alertMigrations.slice(0, 2));
    await database.pool.query(`insert into alerts
      (id, kind, subject, severity, state, text, next, since, silenced_until, silenced_by) values
      ('one', 'budget', 'day', 'critical', 'firing', '', '', now(), now() + interval '1 hour', 'ada'),
      ('two', 'clock', 'clock', 'critical', 'firing', '', '', now(), now() - interval '1 hour', 'ada'),
      ('three', 'quota', 'c', 'warning', 'pending', '', '', now(), null, null)`);
    await migrate(database, alertMigrations);
    const { rows: silences } = await database.pool.query(
      'select kind, subject, made_by from alert_silences',
    );
    expect(silences).toEqual([{ kind: 'budget', subject: 'day', made_by: 'ada' }]);
    const { rows } = await database.pool.query('select id, told from alerts order by id');
    expect(rows).toEqual([
      { id: 'one', told: 'firing' },
      { id: 'three', told: null },
      { id: 'two', told: 'firing' },
    ]);
  } finally {
    await database.drop();
  }
});
