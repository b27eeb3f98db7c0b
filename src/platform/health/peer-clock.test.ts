import { expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../../../test/fakes/manual-clock.ts';
import { createPeerClock } from './peer-clock.ts';

const second = 1000;

/** Answers of a server that is so far ahead of us, each of which took so long. */
function answered(
  clock: ManualClock,
  peer: ReturnType<typeof createPeerClock>,
  { aheadMs = 0, tookMs = 100, times = 9 },
): void {
  for (let n = 0; n < times; n += 1) {
    clock.advance(7777);
    peer.hear(new Date(clock.now().getTime() + aheadMs).toUTCString(), tookMs);
  }
}

test.each([
  ['is right', 0, 0, 0],
  ['is a second behind', second, 0, second],
  ['is five minutes behind', 300 * second, -300 * second, 2 * second],
  ['is five minutes ahead', -300 * second, 300 * second, 3 * second],
])(
  'a wall clock that %s is known to be, within the resolution of a date',
  (_, aheadMs, ms, within) => {
    const clock = createManualClock();
    const peer = createPeerClock(clock);
    answered(clock, peer, { aheadMs });
    expect(peer.apart()?.answers).toBe(9);
    expect(Math.abs((peer.apart()?.ms ?? Number.NaN) - ms)).toBeLessThanOrEqual(within);
  },
);

test('an answer that took long, whenever in that time it was written, makes no clock seem wrong', () => {
  const clock = createManualClock();
  const peer = createPeerClock(clock);
  for (const writtenMsAgo of [0, 5000, 9000, 19_000, 20_000]) {
    peer.hear(new Date(clock.now().getTime() - writtenMsAgo).toUTCString(), 20_000);
    clock.advance(60_000);
  }
  expect(peer.apart()).toEqual({ ms: 0, answers: 5 });
});

test('dates that are none, missing or absurd are no sign, and neither are a few wrong ones among right ones', () => {
  const clock = createManualClock();
  const peer = createPeerClock(clock);
  for (const date of [
    null,
    '',
    'now',
    '1',
    '2026-03-02',
    'Xyz, 01 Jan 2026 00:00:00 GMT',
    '\0'.repeat(9),
    'Mon, 99 Jan 2026 99:99:99 GMT',
  ])
    for (let n = 0; n < 9; n += 1) peer.hear(date, 10);
  expect(peer.apart()).toBeNull();
  answered(clock, peer, { times: 5 });
  for (const date of ['Fri, 31 Dec 9999 23:59:59 GMT', 'Thu, 01 Jan 1970 00:00:00 GMT'])
    for (let n = 0; n < 2; n += 1) peer.hear(date, 10);
  expect(peer.apart()).toEqual({ ms: 0, answers: 9 });
});

test('a wall clock that is put right is seen to be right without a further answer', () => {
  const clock = createManualClock();
  let wrongMs = 300 * second;
  const ours = { ...clock, now: () => new Date(clock.now().getTime() + wrongMs) };
  const peer = createPeerClock(ours);
  answered(clock, peer, {});
  expect(peer.apart()?.ms).toBeGreaterThan(296 * second);
  wrongMs = 0;
  expect(peer.apart()?.ms).toBe(0);
});
