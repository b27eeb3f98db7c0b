import { describe, expect, test } from 'vitest';
import { type QuietHours, quietNow, weekdays } from './quiet-hours.ts';

const berlin: QuietHours = { days: ['fri'], from: '22:00', to: '06:00', timezone: 'Europe/Berlin' };
const isQuiet = (at: string, ...stretches: QuietHours[]): boolean =>
  quietNow(stretches, new Date(at)) !== null;

describe('quiet hours', () => {
  test.each([
    ['2026-03-06T20:59:00Z', false],
    ['2026-03-06T21:00:00Z', true],
    ['2026-03-07T04:59:00Z', true],
    ['2026-03-07T05:00:00Z', false],
    ['2026-03-07T21:30:00Z', false],
    // Summer time: Berlin is two hours ahead of UTC.
    ['2026-07-03T20:00:00Z', true],
    ['2026-07-04T04:00:00Z', false],
  ])('at %s a night from Friday on in Berlin is quiet: %s', (at, expected) => {
    expect(isQuiet(at, berlin)).toBe(expected);
  });
  test('a stretch within one day ends on it, and equal ends mean a whole day', () => {
    const day: QuietHours = { days: ['mon'], from: '08:00', to: '18:00', timezone: 'UTC' };
    expect(isQuiet('2026-03-02T08:00:00Z', day)).toBe(true);
    expect(isQuiet('2026-03-02T18:00:00Z', day)).toBe(false);
    expect(isQuiet('2026-03-03T09:00:00Z', day)).toBe(false);
    const always: QuietHours = { days: weekdays, from: '00:00', to: '00:00', timezone: 'UTC' };
    expect(isQuiet('2026-03-04T23:59:00Z', always)).toBe(true);
    expect(isQuiet('2026-03-04T23:59:00Z')).toBe(false);
  });
});
