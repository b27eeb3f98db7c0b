import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { spareMemory } from './collect-garbage.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const forGood = '--memory-reducer-gc-count=1';
const begun = [forGood, '--optimize-for-size'];
const ended = [...begun, '--no-optimize-for-size'];
const rests = (): number => 0.1;

test('memory is spared from the first look that finds rest, for the given time, and then the flag is taken back once', () => {
  const flags: string[] = [];
  spareMemory(60_000, (flag) => flags.push(flag), rests);
  vi.advanceTimersByTime(4999);
  expect(flags).toEqual([forGood]);
  vi.advanceTimersByTime(1);
  expect(flags).toEqual(begun);
  vi.advanceTimersByTime(59_999);
  expect(flags).toEqual(begun);
  vi.advanceTimersByTime(1);
  expect(flags).toEqual(ended);
  vi.advanceTimersByTime(600_000);
  expect(flags).toEqual(ended);
  expect(vi.getTimerCount()).toBe(0);
});

test('a process at work is not spared, but once for five seconds when it has not rested for a minute, and the time at work does not count', () => {
  const flags: string[] = [];
  let share = 0.11;
  spareMemory(
    60_000,
    (flag) => flags.push(flag),
    () => share,
  );
  vi.advanceTimersByTime(59_999);
  expect(flags).toEqual([forGood]);
  vi.advanceTimersByTime(1);
  expect(flags).toEqual(begun);
  vi.advanceTimersByTime(4999);
  expect(flags).toEqual(begun);
  share = 1;
  vi.advanceTimersByTime(600_000);
  expect(flags).toEqual(ended);
  share = 0;
  vi.advanceTimersByTime(600_000);
  expect(flags).toEqual([...ended, ...ended.slice(1)]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a process that rested before is not spared while it is at work', () => {
  const flags: string[] = [];
  let share = 0;
  spareMemory(
    60_000,
    (flag) => flags.push(flag),
    () => share,
  );
  vi.advanceTimersByTime(10_000);
  share = 1;
  vi.advanceTimersByTime(600_000);
  expect(flags).toEqual(ended);
});

test('the share at work is that of the event loop of this process', () => {
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const flags: string[] = [];
  const end = spareMemory(60_000, (flag) => flags.push(flag));
  const begin = Date.now();
  while (Date.now() - begin < 50); // at work all the while since it was begun
  vi.advanceTimersByTime(5000);
  expect(flags).toEqual([forGood]);
  end();
});

test('sparing that is ended before takes the flag back at once, and nothing is left to run', () => {
  const flags: string[] = [];
  const end = spareMemory(60_000, (flag) => flags.push(flag), rests);
  vi.advanceTimersByTime(5000);
  end();
  expect(flags).toEqual(ended);
  expect(vi.getTimerCount()).toBe(0);
});

test('this Node knows every flag that is set', () => {
  const flags: string[] = [];
  const end = spareMemory(60_000, (flag) => flags.push(flag), rests);
  vi.advanceTimersByTime(5000);
  end();
  const { status, stderr } = spawnSync(process.execPath, [...flags, '--eval', '0']);
  expect({ flags, status, told: String(stderr) }).toEqual({ flags: ended, status: 0, told: '' });
});
