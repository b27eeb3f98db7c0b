import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemRandom } from '../../lib/random.ts';

/** `LOG_KILLS=200` for the whole figure; a few in the suite. */
const kills = Number(process.env['LOG_KILLS'] ?? 2);
const program = new URL('../../../test/support/log-program.ts', import.meta.url).pathname;
const hasStrace = await promisify(execFile)('strace', ['-qq', '-e', 'trace=none', 'true']).then(
  () => true,
  () => false,
);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-log-faults-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const path = (): string => join(folder, 'a.json');

function start(round: number, more: Record<string, string>, under: readonly string[] = []) {
  const [first, ...before] = [...under, process.execPath];
  return spawn(first, [...before, program], {
    env: {
      PATH: process.env['PATH'],
      FILE: path(),
      ROUND: String(round),
      // Most of a round would be the reading of modules.
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
      ...more,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** All lines that are left, oldest first. */
async function allLines(): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('a.json')).sort();
  const [current = '', ...rotated] = names;
  const texts = await Promise.all(
    [...rotated, current].map((name) => readFile(join(folder, name), 'utf8')),
  );
  return texts.join('').split('\n').slice(0, -1);
}

/** `round number xxx|`, whole; null for anything else. */
function whole(line: string): { readonly round: number; readonly number: number } | null {
  const [, round, number, tail = ''] = /^(\d+) (\d+) (x*)\|$/u.exec(line) ?? [];
  if (round === undefined || tail.length !== Number(number) % 97) return null;
  return { round: Number(round), number: Number(number) };
}

test('a log whose process is killed while it writes and rotates has every acknowledged line, whole and once', {
  timeout: 120_000 + kills * 15_000,
}, async () => {
  const acknowledged = new Map<number, number>();
  for (let round = 0; round < kills; round += 1) {
    const child = start(round, {});
    const closed = once(child, 'close');
    const after = 1 + Math.floor(systemRandom.fraction() * 30);
    let told = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.set(round, Number(line));
      told += 1;
      if (told !== after) continue;
      await delay(systemRandom.fraction() * 15);
      child.kill('SIGKILL');
    }
    expect(await closed).toEqual([null, 'SIGKILL']);
  }
  const lines = await allLines();
  const seen = new Set(lines.filter((line) => whole(line) !== null));
  const kept = lines.flatMap((line) => whole(line) ?? []);
  // A line that a kill cut off stands alone, and nothing acknowledged is joined to it.
  expect(lines.length - kept.length).toBeLessThanOrEqual(kills);
  expect(seen.size).toBe(kept.length);
  for (const [round, last] of acknowledged) {
    const numbers = kept.filter((one) => one.round === round).map(({ number }) => number);
    expect(numbers.slice(0, last + 1)).toEqual(Array.from({ length: last + 1 }, (_, n) => n));
  }
  expect(acknowledged.size).toBe(kills);
});

test('a line that a kill cut off is ended before the next process writes its first', async () => {
  await writeFile(path(), '0 0 |\n0 1 ');
  const child = start(1, { LINES: '1' });
  try {
    await vi.waitFor(async () => expect(await allLines()).toHaveLength(3), 120_000);
    expect(await allLines()).toEqual(['0 0 |', '0 1 ', '1 0 |']);
  } finally {
    child.kill('SIGKILL');
  }
});

test.runIf(hasStrace).each([
  ['renaming it', 'rename', '1..4'],
  ['opening the next one', 'openat', '2..5'],
  ['writing into it', 'write', '2..6'],
])(
  'a disk that fails at %s for a while loses, repeats and tears no line',
  async (_what, call, nth) => {
    const lines = 400;
    const strace = ['strace', '-D', '-f', '-qq', '-o', join(folder, 'trace'), '-P', path()];
    const faults = ['-e', `trace=${call}`, '-e', `inject=${call}:error=EIO:when=${nth}`];
    const child = start(0, { LINES: String(lines) }, [...strace, ...faults]);
    try {
      await vi.waitFor(async () => expect(await allLines()).toHaveLength(lines), 120_000);
      const kept = (await allLines()).map((line) => whole(line)?.number);
      expect(kept).toEqual(Array.from({ length: lines }, (_, n) => n));
      const struck = (await readFile(join(folder, 'trace'), 'utf8')).match(/\(INJECTED\)/gu);
      expect(struck?.length).toBeGreaterThan(0);
    } finally {
      child.kill('SIGKILL');
    }
  },
);
