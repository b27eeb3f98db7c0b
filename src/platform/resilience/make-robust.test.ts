import { expect, test } from 'vitest';
import { seededFractions } from '../../../test/support/seeded.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { createRandom } from '../../lib/random.ts';
import { makeRobust } from './make-robust.ts';
import { fullJitterMs } from './retry.ts';

const unavailable = (): AppError =>
  new AppError({ kind: 'unavailable', code: 'down', message: 'down' });

const instant = (slept: number[] = []): Clock => ({
  now: () => new Date(0),
  monotonicMs: () => 0,
  sleep: async (ms) => void slept.push(ms),
});

test('a call that fails twice and then works answers once', async () => {
  let calls = 0;
  const robust = makeRobust(
    'read',
    async (word: string) => {
      calls += 1;
      if (calls < 3) throw unavailable();
      return word;
    },
    { retry: {}, clock: instant() },
  );
  expect(await robust('yes')).toBe('yes');
  expect(calls).toBe(3);
});

test.each(['not_found', 'conflict', 'invalid_input', 'unknown_outcome', 'rate_limited'] as const)(
  '%s is not tried again',
  async (kind) => {
    let calls = 0;
    const robust = makeRobust(
      'read',
      async () => {
        calls += 1;
        throw new AppError({ kind, code: 'x', message: 'x' });
      },
      { retry: { attempts: 5 }, clock: instant() },
    );
    await expect(robust()).rejects.toThrow('x');
    expect(calls).toBe(1);
  },
);

test('when everything fails, ten thousand calls cause at most a tenth more and fifty', async () => {
  let calls = 0;
  const robust = makeRobust(
    'read',
    async () => {
      calls += 1;
      throw unavailable();
    },
    { retry: { attempts: 5 }, clock: instant() },
  );
  for (let n = 0; n < 10_000; n += 1) await robust().catch(() => undefined);
  expect(calls).toBeGreaterThan(10_000);
  expect(calls).toBeLessThanOrEqual(11_050);
});

test('delays are uniform between nothing and the doubled base, under the cap', () => {
  const bounds = { baseMs: 100, capMs: 60_000 };
  const fraction = seededFractions(20_261_130);
  const seeded = createRandom((length) =>
    Buffer.from(Array.from({ length }, () => Math.floor(fraction() * 256))),
  );
  const draws = Array.from({ length: 10_000 }, () => fullJitterMs(2, bounds, seeded)).sort(
    (a, b) => a - b,
  );
  const distance = Math.max(
    ...draws.flatMap((draw, n) => [draw / 400 - n / 10_000, (n + 1) / 10_000 - draw / 400]),
  );
  // Kolmogorov–Smirnov: p is above 0.01 below 1.628 / sqrt(n).
  expect(distance).toBeLessThan(0.01628);
  const most = createRandom((length) => Buffer.alloc(length, 0xff));
  expect(fullJitterMs(50, bounds, most)).toBeLessThanOrEqual(60_000);
});

test('the breaker opens after ten failures and then asks nobody', async () => {
  let calls = 0;
  const robust = makeRobust(
    'read',
    async () => {
      calls += 1;
      throw unavailable();
    },
    { breaker: { openMs: 60_000 } },
  );
  for (let n = 0; n < 30; n += 1) await robust().catch(() => undefined);
  const before = calls;
  await expect(robust()).rejects.toMatchObject({ kind: 'unavailable', code: 'circuit_open' });
  expect(calls).toBe(before);
  expect(calls).toBeLessThan(15);
});

test('refusals of a healthy service never open the breaker', async () => {
  const robust = makeRobust(
    'read',
    async () => {
      throw new AppError({ kind: 'not_found', code: 'no', message: 'no' });
    },
    { breaker: {} },
  );
  for (let n = 0; n < 50; n += 1)
    await expect(robust()).rejects.toMatchObject({ kind: 'not_found' });
});

test('a try that takes too long is a timeout', async () => {
  const robust = makeRobust('read', async () => new Promise<never>(() => undefined), {
    timeoutMs: 5,
  });
  await expect(robust()).rejects.toMatchObject({ kind: 'timeout', code: 'deadline_passed' });
});

test('more calls than the bulkhead holds are refused at once', async () => {
  const held = Promise.withResolvers<string>();
  const robust = makeRobust('read', () => held.promise, { bulkhead: { inFlight: 1 } });
  const first = robust();
  await expect(robust()).rejects.toMatchObject({ code: 'too_busy' });
  held.resolve('done');
  expect(await first).toBe('done');
});

test('the fallback answers instead of the last error', async () => {
  const robust = makeRobust(
    'read',
    async (): Promise<string> => {
      throw unavailable();
    },
    { fallback: (error) => (error instanceof AppError ? error.code : 'other') },
  );
  expect(await robust()).toBe('down');
});
