import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { spareMemory } from './collect-garbage.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const begun = ['--optimize-for-size', '--memory-reducer-gc-count=1'];
const ended = [...begun, '--no-optimize-for-size'];

test('memory is spared for the given time, and then the flag is taken back once', () => {
  const flags: string[] = [];
  spareMemory(60_000, (flag) => flags.push(flag));
  vi.advanceTimersByTime(59_999);
  expect(flags).toEqual(begun);
  vi.advanceTimersByTime(1);
  expect(flags).toEqual(ended);
  vi.advanceTimersByTime(600_000);
  expect(flags).toEqual(ended);
});

test('sparing that is ended before takes the flag back at once, and nothing is left to run', () => {
  const flags: string[] = [];
  const end = spareMemory(60_000, (flag) => flags.push(flag));
  end();
  expect(flags).toEqual(ended);
  expect(vi.getTimerCount()).toBe(0);
});

test('this Node knows every flag that is set', () => {
  const flags: string[] = [];
  spareMemory(60_000, (flag) => flags.push(flag))();
  const { status, stderr } = spawnSync(process.execPath, [...flags, '--eval', '0']);
  expect({ status, told: String(stderr) }).toEqual({ status: 0, told: '' });
});
