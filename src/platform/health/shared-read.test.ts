import { expect, test, vi } from 'vitest';
import { sharedRead } from './shared-read.ts';

test('what is asked by checks of one look is read once, and anew by the next look or after a failure', async () => {
  const passed = vi.spyOn(performance, 'now').mockReturnValue(1000);
  let reads = 0;
  const read = sharedRead(async () => {
    reads += 1;
    if (reads === 2) throw new Error('away');
    return `read ${reads}`;
  });
  expect(await Promise.all([read(), read()])).toEqual(['read 1', 'read 1']);
  expect(await read()).toBe('read 1');
  passed.mockReturnValue(11_000);
  await expect(read()).rejects.toThrow('away');
  expect(await read()).toBe('read 3');
  expect(await read()).toBe('read 3');
  passed.mockRestore();
});
