import { expect, test } from 'vitest';
import { createManualClock } from '../../../test/fakes/manual-clock.ts';
import { runChecks } from './check.ts';
import { clockCheck, clockOffsetMs } from './clock-check.ts';

const second = 1000;

/** What the check says when the clock of the server is so far ahead of ours and ours was moved by so much. */
async function measured({ aheadMs = 0, movedMs = 0, apartMs = 0 }) {
  const clock = createManualClock();
  const startedOffMs = clockOffsetMs(clock);
  const moved = { ...clock, now: () => new Date(clock.now().getTime() + movedMs) };
  const serverNow = async () => new Date(moved.now().getTime() + aheadMs);
  const peer = { name: 'GitHub', apart: () => ({ ms: apartMs, answers: 9 }) };
  const check = clockCheck({ clock: moved, startedOffMs, serverNow, peer });
  const { checks } = await runChecks([check], { clock, deadlineMs: 1000 });
  return checks[0];
}

test.each([
  ['right', {}, 'healthy', 0],
  ['a second behind the server', { aheadMs: second }, 'healthy', 1],
  ['three seconds behind the server', { aheadMs: 3 * second }, 'degraded', 3],
  ['two minutes ahead of the server', { aheadMs: -120 * second }, 'unhealthy', 120],
  ['set forward by an hour since the start', { movedMs: 3600 * second }, 'unhealthy', 3600],
  ['set back by five seconds since the start', { movedMs: -5 * second }, 'degraded', 5],
  ['wrong with the database server from the start', { apartMs: -300 * second }, 'unhealthy', 300],
  ['a little over two seconds ahead of GitHub', { apartMs: 2100 }, 'degraded', 2.1],
] as const)('a clock that is %s', async (_, off, status, value) => {
  expect(await measured(off)).toMatchObject({ name: 'clock', status, value });
});

test('how far the clock is from that of GitHub is said with the way, the number of answers and what to do', async () => {
  expect(await measured({ apartMs: -300 * second })).toMatchObject({
    threshold: 2,
    evidence: expect.stringContaining("at least 300 s behind GitHub's, by 9 answers"),
    remedy: expect.stringMatching(/NTP.*one-time codes and tokens/u),
  });
  expect(await measured({ apartMs: 4000 })).toMatchObject({
    evidence: expect.stringContaining("at least 4 s ahead of GitHub's"),
  });
  expect(await measured({})).toMatchObject({
    evidence: expect.stringContaining("agrees with GitHub's"),
    remedy: null,
  });
});

test('a database that does not tell its time leaves the clock unmeasured', async () => {
  const clock = createManualClock();
  const serverNow = async (): Promise<Date> => await Promise.reject(new Error('gone'));
  const check = clockCheck({ clock, startedOffMs: clockOffsetMs(clock), serverNow });
  const { checks } = await runChecks([check], { clock, deadlineMs: 1000 });
  expect(checks[0]).toMatchObject({ status: 'unknown', value: null });
});
