import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createManualClock } from '../../../test/fakes/manual-clock.ts';
import { noTracing } from '../../../test/fakes/no-tracing.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { createHistory, telemetryMigrations } from '../../platform/telemetry/history.ts';
import { createTelemetry } from '../../platform/telemetry/telemetry.ts';
import type { CallContext } from '../gate.ts';
import type { GaugeTimeline, Timeline } from './contract.ts';
import { performanceHandlers } from './handlers.ts';
import { periodOf } from './timeline.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, telemetryMigrations);
});
afterAll(() => database.drop());

const context = {} as CallContext;

test.each([
  [1, 60, 61],
  [24, 300, 289],
  [24 * 7, 3600, 169],
  [24 * 30, 10_800, 0],
  [24 * 366, 604_800, 0],
])('%i hours are cut into steps that a chart has room for', (hours, longest, steps) => {
  const now = new Date('2027-03-01T12:34:56Z');
  const { starts, stepSeconds } = periodOf(now, hours);
  expect(stepSeconds).toBeLessThanOrEqual(longest);
  expect(starts.length).toBeLessThanOrEqual(302);
  if (steps > 0) expect(starts.length).toBe(steps);
  expect(starts[0]).toBeLessThanOrEqual(now.getTime() - hours * 3_600_000);
  expect((starts.at(-1) ?? 0) + stepSeconds * 1000).toBeGreaterThan(now.getTime());
});

describe('the timelines', () => {
  test('hold every call in the step in which it ended, and null where nothing was measured', async () => {
    const clock = createManualClock(Date.parse('2027-02-01T10:00:10Z'));
    const telemetry = createTelemetry({ clock, correlationId: () => null, tracing: noTracing });
    const histories = ['one', 'two'].map((process) => createHistory(database, { clock, process }));
    const [history = expect.unreachable(), other = expect.unreachable()] = histories;
    const call = (name: string, outcome: 'ok' | 'failed', durationMs: number): void =>
      telemetry.record({ area: 'operation', name, outcome, durationMs, correlationId: null });
    for (const ms of [10, 20, 400]) call('tasks.list', 'ok', ms);
    call('runs.list', 'failed', 5);
    await history.write(telemetry.drain());
    await history.writeGauges(
      { claude_manager_runs_live: 1, 'claude_manager_tasks{state="a \\"b\\""}': 4 },
      null,
    );
    await other.writeGauges({ claude_manager_runs_live: 3 }, null);
    clock.advance(600_000);
    call('tasks.list', 'ok', 30);
    await other.write(telemetry.drain());
    clock.advance(60_000);

    const handlers = performanceHandlers({ history, clock });
    const ask = async <T>(name: string, input: object): Promise<T> => {
      const one = handlers.find(({ contract }) => contract.name === name) ?? expect.unreachable();
      return (await one.handler(z.parse(one.contract.input, input), context)) as T;
    };
    const all = await ask<Timeline>('performance.timeline', { hours: 1 });
    expect(all.stepSeconds).toBe(60);
    expect(all.steps.length).toBe(61);
    expect(all.steps.filter(({ calls }) => calls > 0)).toMatchObject([
      { at: '2027-02-01T10:00:00.000Z', calls: 4, failed: 1 },
      { at: '2027-02-01T10:10:00.000Z', calls: 1, failed: 0 },
    ]);
    const [first] = all.steps;
    expect(first).toMatchObject({ calls: 0, p50Ms: null, p99Ms: null });
    const one = await ask<Timeline>('performance.timeline', { hours: 1, name: 'tasks.list' });
    const busy = one.steps.find(({ calls }) => calls === 3);
    // Bins are at most 4 % above the exact figure.
    expect(busy?.p50Ms).toBeGreaterThanOrEqual(20);
    expect(busy?.p50Ms).toBeLessThanOrEqual(20.8);
    expect(busy?.p99Ms).toBe(400);

    const gauges = await ask<GaugeTimeline>('performance.gauges', {
      hours: 1,
      names: ['runs_live', 'tasks'],
    });
    expect(gauges.series.map(({ name, labels }) => [name, labels])).toEqual([
      ['runs_live', {}],
      ['tasks', { state: 'a "b"' }],
    ]);
    const [live] = gauges.series;
    expect(live?.values.filter((value) => value !== null)).toEqual([2]);
    expect(gauges.times[live?.values.indexOf(2) ?? 0]).toBe('2027-02-01T10:00:00.000Z');
    const only = await ask<GaugeTimeline>('performance.gauges', { hours: 1, names: 'runs_live' });
    expect(only.series.length).toBe(1);
  });
});
