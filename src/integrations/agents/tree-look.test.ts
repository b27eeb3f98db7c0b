import { writeFileSync } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { removeTree } from '../../lib/remove-tree.ts';
import { leastEntryBytes, lookAtTrees } from './tree-look.ts';
import { watch } from './watchdog.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-look-'));
});
afterEach(() => removeTree(folder));

const whole = { mostBytes: Infinity, isOver: () => false };
const look = async (bounds: Partial<typeof whole> = {}) =>
  await lookAtTrees([folder], { ...whole, ...bounds });

async function emptyFiles(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await writeFile(join(folder, `f${n}`), '');
}

describe('a look at a tree', () => {
  test('counts every entry, and each without a byte as 4 KiB', async () => {
    const before = await look();
    await emptyFiles(1000);
    const after = await look();
    expect((after?.bytes ?? 0) - (before?.bytes ?? 0)).toBeGreaterThanOrEqual(
      1000 * leastEntryBytes,
    );
  });

  test('counts a file once, however many names it has', async () => {
    await writeFile(join(folder, 'f'), Buffer.alloc(2 ** 20, 1));
    for (let n = 0; n < 20; n += 1) await link(join(folder, 'f'), join(folder, `g${n}`));
    expect((await look())?.bytes).toBeLessThan(2 * 2 ** 20);
  });

  test('counts of a file with holes what it takes', async () => {
    await writeFile(join(folder, 'f'), '');
    await truncate(join(folder, 'f'), 2 ** 40);
    expect((await look())?.bytes).toBeLessThan(2 ** 20);
  });

  test('is not whole where folders lie deeper than a path may name', async () => {
    const steps = 'a'.repeat(200);
    const here = process.cwd();
    try {
      process.chdir(folder);
      for (let n = 0; n < 25; n += 1) {
        await mkdir(steps);
        process.chdir(steps);
      }
    } finally {
      process.chdir(here);
    }
    expect(await look()).toMatchObject({ isWhole: false });
  });

  test('ends where it has seen too much, and when nobody waits for it', async () => {
    await emptyFiles(500);
    const cut = await look({ mostBytes: 50 * leastEntryBytes });
    expect(cut?.bytes).toBeGreaterThan(50 * leastEntryBytes);
    expect(cut?.bytes).toBeLessThan(300 * leastEntryBytes);
    expect(await look({ isOver: () => true })).toBeNull();
  });
});

describe('a run of which something cannot be seen', () => {
  const ofMemory = process.platform === 'linux';

  test.runIf(ofMemory)('is judged by what the disk lost', async () => {
    const [seen, hidden] = await Promise.all([
      mkdtemp('/dev/shm/cms-seen-'),
      mkdtemp('/dev/shm/cms-hidden-'),
    ]);
    const over = new AbortController();
    const reasonWhile = async (deletedBytes: number | null): Promise<string> => {
      const limits = { timeoutMs: 60_000, stallMs: 60_000, budgetUsd: null, outputBytes: 1 };
      const watched = watch(
        {
          clock: systemClock,
          limits,
          diskBytes: 2 ** 20,
          folders: [seen],
          before: { newestMs: 0, bytes: 0, isWhole: true },
          deletedBytes: async () => deletedBytes,
          signal: deletedBytes === null ? new AbortController().signal : AbortSignal.timeout(500),
          lastOutputMs: () => systemClock.monotonicMs(),
          used: () => ({ costUsd: 0, tokens: 0, turns: 0 }),
        },
        over.signal,
      );
      let n = 0;
      const writing = setInterval(() => {
        if (n < 64) writeFileSync(join(hidden, `f${n}`), Buffer.alloc(2 ** 20, 1));
        n += 1;
      }, 50);
      await watched.finally(() => clearInterval(writing));
      for (const name of await readdir(hidden)) await rm(join(hidden, name));
      return await watched;
    };
    try {
      expect(await reasonWhile(null)).toBe('disk');
      // What others write on the same disk is not held against who hides nothing.
      expect(await reasonWhile(0)).toBe('canceled');
    } finally {
      over.abort();
      await Promise.all([seen, hidden].map((one) => rm(one, { recursive: true, force: true })));
    }
  });
});
