import { open, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createManualClock } from '../../../test/fakes/manual-clock.ts';
import { noTracing } from '../../../test/fakes/no-tracing.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { migrate } from '../database/migrate.ts';
import { addBins, binOf, percentile } from './duration-bins.ts';
import { createExposition } from './exposition.ts';
import { createHistory, telemetryMigrations } from './history.ts';
import { areas, createTelemetry, type Outcome, type Told } from './telemetry.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, telemetryMigrations);
});
afterAll(async () => await database.drop());

function telemetryOf() {
  return createTelemetry({
    clock: createManualClock(),
    correlationId: () => null,
    tracing: noTracing,
  });
}

function ended(part: Partial<Told>): Told {
  const usual = { area: 'operation', name: 'tasks.list', outcome: 'ok', durationMs: 1 } as const;
  return { ...usual, correlationId: null, ...part };
}

test('a percentile of bins is the nearest-rank one, at most 4 % above, and bins add up', () => {
  const times = fc.array(fc.double({ min: 0.02, max: 600_000, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(times, times, fc.constantFrom(0.5, 0.95, 0.99, 1), (one, other, share) => {
      const binned = (list: readonly number[]) =>
        list.reduce((sum, ms) => addBins(sum, { [binOf(ms)]: 1 }), {});
      const sorted = [...one, ...other].toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
      const found = percentile(addBins(binned(one), binned(other)), share) ?? Number.NaN;
      expect(found).toBeGreaterThanOrEqual(exact * 0.999_999);
      expect(found).toBeLessThanOrEqual(exact * 1.040_001);
    }),
  );
  expect(percentile({}, 0.5)).toBeNull();
});

test('100,000 different names in every area make less than 2,000 series', async () => {
  const telemetry = telemetryOf();
  const exposition = createExposition({
    telemetry,
    watchLag: (late) => {
      late(3);
      return () => undefined;
    },
    readings: async () => [],
    onFailure: () => undefined,
    now: () => 0,
    version: '1',
  });
  const outcomes: readonly Outcome[] = ['ok', 'refused', 'failed'];
  for (let n = 0; n < 100_000; n += 1) {
    const area = areas[n % areas.length] ?? 'job';
    telemetry.record(ended({ area, name: `name-${n}`, outcome: outcomes[n % 3] ?? 'ok' }));
  }
  for (const area of areas)
    for (const outcome of outcomes)
      for (let n = 0; n < 700; n += 1)
        telemetry.record(ended({ area, name: `name-${n}`, outcome }));
  const lines = (await exposition.text()).split('\n').filter((line) => /^[a-z]/u.test(line));
  expect(lines.length).toBeGreaterThan(1000);
  expect(lines.length).toBeLessThanOrEqual(2000);
  expect(lines.some((line) => line.includes('operation="other"'))).toBe(true);
  exposition.stop();
});

test('the room on each disk and the open files are shown, and a folder that is gone leaves out no other figure', async () => {
  const exposition = createExposition({
    telemetry: telemetryOf(),
    watchLag: () => () => undefined,
    readings: async () => [],
    onFailure: () => undefined,
    now: () => 0,
    version: '1',
    folders: { data: tmpdir(), logs: '/nowhere/at/all' },
  });
  const valueOf = async (name: string) =>
    (await exposition.values()).filter((sample) => sample.name === `claude_manager_${name}`);
  const { bsize, blocks } = await statfs(tmpdir());
  expect(await valueOf('disk_bytes')).toEqual([
    { name: 'claude_manager_disk_bytes', labels: { disk: 'data' }, value: bsize * blocks },
  ]);
  const [free] = await valueOf('disk_free_bytes');
  expect(free?.value).toBeGreaterThan(0);
  expect(free?.value).toBeLessThanOrEqual(bsize * blocks);
  const [before] = await valueOf('process_open_files');
  const more = await Promise.all(Array.from({ length: 20 }, () => open('/dev/null')));
  const [after] = await valueOf('process_open_files');
  expect((after?.value ?? 0) - (before?.value ?? 0)).toBeGreaterThan(10);
  await Promise.all(more.map((one) => one.close()));
  exposition.stop();
});

describe('the history', () => {
  test('sums over minutes and processes equal an independent count', async () => {
    const clock = createManualClock();
    const since = clock.now();
    const wanted = new Map<
      string,
      { calls: number; failed: number; refused: number; max: number }
    >();
    const rooms = ['one', 'two'].map((process) => ({
      telemetry: telemetryOf(),
      history: createHistory(database, { clock, process }),
    }));
    clock.advance(60_000);
    let seed = 7;
    const next = (): number => (seed = (seed * 48_271) % 2_147_483_647);
    for (let n = 0; n < 2000; n += 1) {
      const name = `op.${next() % 5}`;
      const outcome = (['ok', 'ok', 'refused', 'failed'] as const)[next() % 4] ?? 'ok';
      const durationMs = (next() % 100_000) / 100;
      rooms[next() % 2]?.telemetry.record(ended({ name, outcome, durationMs }));
      const sum = wanted.get(name) ?? { calls: 0, failed: 0, refused: 0, max: 0 };
      sum.calls += 1;
      if (outcome !== 'ok') sum[outcome] += 1;
      sum.max = Math.max(sum.max, durationMs);
      wanted.set(name, sum);
      if (n % 150 === 0) {
        for (const { telemetry, history } of rooms) await history.write(telemetry.drain());
        if (n % 300 === 0) clock.advance(60_000);
      }
    }
    for (const { telemetry, history } of rooms) await history.write(telemetry.drain());
    const history = rooms[0]?.history ?? expect.unreachable();
    const found = await history.sums({ since });
    const counted = found.map(({ name, calls, failed, refused, maxMs }) => [
      name,
      { calls, failed, refused, max: maxMs },
    ]);
    expect(new Map(counted as [])).toEqual(wanted);
    for (const { bins, calls } of found)
      expect(Object.values(bins).reduce((sum, count) => sum + count, 0)).toBe(calls);
    const objective = { area: 'objective', name: 'webhook_stored', calls: 7, failed: 1 } as const;
    await history.write([{ ...objective, refused: 0, totalMs: 7, maxMs: 1, bins: { 3: 7 } }]);
    const totals = await history.totals(since);
    const of = (name: string) => totals.filter((one) => one.of === name);
    expect(of('operation').reduce((sum, { calls }) => sum + calls, 0)).toBe(2000);
    expect(of('webhook_stored')).toMatchObject([{ calls: 7, failed: 1 }]);
    expect(await history.prune(new Date(clock.now().getTime() + 60_000))).toBeGreaterThan(5);
    expect(await history.sums({ since })).toEqual([]);
  });

  test('counts that are written at the same time by one process are all kept', async () => {
    const clock = createManualClock(Date.parse('2020-02-01T00:00:00Z'));
    const history = createHistory(database, { clock, process: 'busy' });
    const one = { area: 'job', name: 'scan', calls: 1, refused: 0, failed: 0 } as const;
    const series = [{ ...one, totalMs: 2, maxMs: 2, bins: { 4: 1 } }];
    await Promise.all(Array.from({ length: 20 }, () => history.write(series)));
    // Long before what the other tests look at.
    const day = { since: new Date('2020-01-31'), until: new Date('2020-02-02') };
    expect(await history.sums({ ...day, name: 'scan' })).toMatchObject([
      { calls: 20, totalMs: 40, bins: { 4: 20 } },
    ]);
  });

  test('a service that writes its gauges is found by its address until it has been silent', async () => {
    const clock = createManualClock(Date.parse('2027-01-01T00:00:00Z'));
    const history = createHistory(database, { clock, process: 'three' });
    await history.writeGauges({ 'tasks{state="done"}': 3 }, 'http://127.0.0.1:1');
    const recent = new Date(clock.now().getTime() - 150_000);
    expect(await history.address(recent)).toBe('http://127.0.0.1:1');
    clock.advance(300_000);
    expect(await history.address(new Date(clock.now().getTime() - 150_000))).toBeNull();
  });
});

test('what could not be kept is counted again', () => {
  const telemetry = telemetryOf();
  telemetry.record(ended({ durationMs: 5 }));
  telemetry.restore(telemetry.drain());
  telemetry.record(ended({ outcome: 'failed', durationMs: 7 }));
  expect(telemetry.drain()).toMatchObject([{ calls: 2, failed: 1, totalMs: 12, maxMs: 7 }]);
  expect(telemetry.drain()).toEqual([]);
});

test('work that throws counts as failed, and what it throws goes on', async () => {
  const telemetry = telemetryOf();
  const failing = telemetry.measure('job', 'attempt', async () => {
    throw new Error('no line');
  });
  await expect(failing).rejects.toThrow('no line');
  await telemetry.measure(
    'job',
    'attempt',
    async () => 'failed',
    (text) => text as Outcome,
  );
  expect(telemetry.drain()).toMatchObject([{ area: 'job', name: 'attempt', calls: 2, failed: 2 }]);
});
