import { expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { type HealthCheck, type HealthStatus, notMeasured, seldomMs } from './check.ts';
import type { HealthStore } from './health-store.ts';
import { keepHealth } from './keeper.ts';

/** A clock on which only the pauses between two looks pass, each as long as it is said. */
function stepping() {
  let ms = 0;
  return {
    now: () => new Date(ms),
    monotonicMs: () => ms,
    sleep: async (pauseMs: number) => {
      ms += pauseMs;
      await systemClock.sleep(1);
    },
  };
}

test('what is well or has nothing to measure is looked at less often, what is sick or was missed each time', async () => {
  const looks: string[][] = [];
  let asked: string[] = [];
  const check = (name: string, everyMs: number, measure: HealthCheck['measure']): HealthCheck => ({
    name,
    category: 'resources',
    critical: false,
    everyMs,
    measure: async (signal) => {
      asked.push(name);
      return await measure(signal);
    },
  });
  const seen = (status: HealthStatus) => async () =>
    ({ status, value: 0, threshold: 1, evidence: status, remedy: null }) as const;
  const checks = [
    check('often', 0, seen('healthy')),
    check('well', seldomMs, seen('healthy')),
    check('nothing', seldomMs, async () => notMeasured('There is nothing.')),
    check('sick', seldomMs, seen('degraded')),
    check('missed', seldomMs, async () => {
      throw new Error('no answer');
    }),
  ];
  const store = {
    serve: async () => undefined,
    keepReport: async () => undefined,
    prune: async () => undefined,
    leave: async () => undefined,
  } as unknown as HealthStore;
  const stop = keepHealth({
    clock: stepping(),
    random: { ...systemRandom, fraction: () => 0.5 },
    log: silentLog,
    self: { process: 'one', pid: 1, host: 'here' },
    store,
    checks: () => checks,
    // Nobody asks this service anything, so that only its looks pass the time.
    onAsked: () => async () => undefined,
    healer: { heal: async () => [] },
    seen: () => {
      looks.push(asked);
      asked = [];
    },
  });
  await expect.poll(() => looks.length, { timeout: 60_000 }).toBeGreaterThan(30);
  await stop();
  const share = (name: string): number =>
    looks.slice(0, 30).filter((names) => names.includes(name)).length;
  expect([share('often'), share('sick'), share('missed')]).toEqual([30, 30, 30]);
  expect(share('well')).toBe(share('nothing'));
  expect(share('well')).toBeLessThan(30);
  expect(looks[0]).toContain('well');
});
