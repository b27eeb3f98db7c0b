import { describe, expect, test } from 'vitest';
import { failureReasons, failureRules, quotaUntil } from './failure.ts';

describe('the reasons of failure', () => {
  test.each(failureReasons)('%s has a finite ceiling, a bounded wait and words', (reason) => {
    const rule = failureRules[reason];
    expect(rule.ceiling).toBeGreaterThanOrEqual(1);
    expect(rule.ceiling).toBeLessThanOrEqual(50);
    expect(rule.capMs).toBeGreaterThanOrEqual(rule.baseMs);
    expect(rule.capMs).toBeLessThanOrEqual(3_600_000);
    expect(rule.text.length * rule.next.length).toBeGreaterThan(0);
  });
  test('a quota rests until its reset, an hour when it names none, never longer than eight days', () => {
    const now = new Date('2026-03-02T10:00:00Z');
    const hours = (at: Date | null): number =>
      (quotaUntil(at, now).getTime() - now.getTime()) / 3_600_000;
    expect(hours(new Date('2026-03-02T15:00:00Z'))).toBe(5);
    expect(hours(null)).toBe(1);
    expect(hours(new Date(Number.NaN))).toBe(1);
    expect(hours(new Date('2099-01-01T00:00:00Z'))).toBe(8 * 24);
    expect(hours(new Date('2020-01-01T00:00:00Z'))).toBeCloseTo(1 / 60);
  });
});
