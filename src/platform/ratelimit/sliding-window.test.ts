import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSlidingWindow } from './sliding-window.ts';
import { createTally } from './tally.ts';

const windowMs = 60_000;

function windowOf(limit: number, maxKeys = 1000) {
  return createSlidingWindow({ limit: () => limit, windowMs, maxKeys });
}

describe('a sliding window', () => {
  test('allows 60 in any minute and refuses the 61st until the first is a minute old', () => {
    const window = windowOf(60);
    for (let call = 0; call < 60; call += 1) {
      expect(window.take('a', call * 100)).toMatchObject({
        isAllowed: true,
        remaining: 59 - call,
      });
    }
    expect(window.take('a', 59_999)).toMatchObject({
      isAllowed: false,
      remaining: 0,
      retryAfterMs: 1,
    });
    expect(window.take('a', 60_000).isAllowed).toBe(true);
    expect(window.take('a', 60_000)).toMatchObject({ isAllowed: false, retryAfterMs: 100 });
    expect(window.take('b', 60_000).isAllowed).toBe(true);
  });
  test('agrees with a model that keeps every call, whoever calls whenever, and its retry time is the truth', () => {
    const calls = fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c'),
        wait: fc.oneof(fc.constant(0), fc.nat(3000), fc.constant(windowMs), fc.nat(90_000)),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 8 }), (script, limit) => {
        const window = windowOf(limit);
        const allowed: { key: string; at: number }[] = [];
        let now = 0;
        for (const { key, wait } of script) {
          now += wait;
          const recent = allowed.filter((one) => one.key === key && one.at > now - windowMs);
          const state = window.take(key, now);
          expect(state.isAllowed).toBe(recent.length < limit);
          if (state.isAllowed) allowed.push({ key, at: now });
          else {
            expect(state.retryAfterMs).toBe(
              (recent[recent.length - limit]?.at ?? 0) + windowMs - now,
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });
  test('looking counts nothing, and 0 is no limit', () => {
    const window = windowOf(1);
    expect(window.look('a', 0).isAllowed).toBe(true);
    expect(window.look('a', 0).isAllowed).toBe(true);
    const open = windowOf(0);
    for (let call = 0; call < 100; call += 1) expect(open.take('a', 0).isAllowed).toBe(true);
    expect(open.size()).toBe(0);
  });
  test('a limit that is lowered holds at once', () => {
    let limit = 5;
    const window = createSlidingWindow({ limit: () => limit, windowMs, maxKeys: 10 });
    for (let call = 0; call < 5; call += 1) window.take('a', call * 1000);
    limit = 2;
    expect(window.take('a', 10_000)).toMatchObject({ isAllowed: false, retryAfterMs: 53_000 });
  });
  test('a crowd of addresses is forgotten, whoever goes on calling is not', () => {
    const window = windowOf(1, 100);
    window.take('busy', 0);
    for (let address = 0; address < 10_000; address += 1) {
      window.take(`crowd ${address}`, 1);
      expect(window.take('busy', 1).isAllowed).toBe(false);
    }
    expect(window.size()).toBeLessThanOrEqual(100);
  });
  test('keys that are quiet for a window go by themselves', () => {
    const window = windowOf(5);
    for (let key = 0; key < 500; key += 1) window.take(String(key), 0);
    for (let round = 1; round <= 3; round += 1) window.take('last', round * windowMs);
    expect(window.size()).toBe(1);
  });
});

describe('a tally', () => {
  test('counts different things of a key within its span', () => {
    const tally = createTally({ spanMs: 1000, maxKeys: 2, most: 10 });
    expect([tally.note('a', 'x', 0), tally.note('a', 'x', 1), tally.note('a', 'y', 2)]).toEqual([
      1, 1, 2,
    ]);
    expect(tally.note('a', 'z', 1001)).toBe(2);
    expect(tally.counts(1001)).toEqual(new Map([['a', 2]]));
    tally.clear('a');
    expect(tally.note('a', 'z', 1002)).toBe(1);
  });
});
