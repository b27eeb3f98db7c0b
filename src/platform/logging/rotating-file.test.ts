import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  createRotatingFile,
  type RotatingFile,
  type RotatingFileOptions,
} from './rotating-file.ts';

let folder: string;
let stamps = 0;
const opened: RotatingFile[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rotating-'));
});
afterEach(async () => {
  for (const file of opened.splice(0)) await file.close();
  await rm(folder, { recursive: true });
});

function open(options: Partial<RotatingFileOptions> = {}): RotatingFile {
  const file = createRotatingFile({
    path: join(folder, 'a.json'),
    maxBytes: 1000,
    keep: 5,
    maxAgeMs: null,
    keepMs: null,
    now: () => Date.now(),
    stamp: () => String((stamps += 1)).padStart(9, '0'),
    maxWaitingBytes: 1_000_000,
    retryMs: 20,
    lossLine: (count) => `lost ${count}\n`,
    ...options,
  });
  opened.push(file);
  return file;
}

/** All lines that are left, oldest first. */
async function allLines(): Promise<readonly string[]> {
  const [current, ...rotated] = (await readdir(folder)).sort();
  const names = [...rotated, current ?? ''];
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.join('').split('\n').slice(0, -1);
}

test('lines are kept in order over many rotations, none lost, none torn, no file too large', async () => {
  const file = open({ keep: 1000 });
  const lines = Array.from(
    { length: 5000 },
    (_, index) => `line ${index} ${'x'.repeat(index % 50)}`,
  );
  for (const [index, line] of lines.entries()) {
    file.write(`${line}\n`);
    if (index % 700 === 0) await file.flush();
  }
  await file.flush();
  expect(await allLines()).toEqual(lines);
  for (const name of await readdir(folder))
    expect((await stat(join(folder, name))).size).toBeLessThanOrEqual(1000);
  expect(file.dropped()).toBe(0);
});

test('only so many rotated files are kept, the youngest ones', async () => {
  const file = open({ keep: 2, maxBytes: 10 });
  for (let index = 0; index < 6; index += 1) file.write(`line ${index}\n`);
  await file.flush();
  expect(await allLines()).toEqual(['line 3', 'line 4', 'line 5']);
});

test('a file that is there is appended to, and a line larger than a file is kept whole', async () => {
  await writeFile(join(folder, 'a.json'), 'before\n');
  const file = open();
  file.write('after\n');
  file.write(`${'y'.repeat(3000)}\n`);
  await file.flush();
  expect(await allLines()).toEqual(['before', 'after', 'y'.repeat(3000)]);
});

test('two processes on one file lose nothing', async () => {
  const [one, two] = [open({ keep: 1000 }), open({ keep: 1000 })];
  for (let index = 0; index < 400; index += 1) {
    one.write(`one ${index}\n`);
    two.write(`two ${index}\n`);
    if (index % 50 === 0) await one.flush();
  }
  await Promise.all([one.flush(), two.flush()]);
  const lines = await allLines();
  expect(lines).toHaveLength(800);
  expect(new Set(lines).size).toBe(800);
});

test('a file that somebody moved away is found again at the next rotation', async () => {
  const file = open({ maxBytes: 20 });
  file.write('first line\n');
  await file.flush();
  await rename(join(folder, 'a.json'), join(folder, 'a.json.0'));
  file.write('second line\n');
  await file.flush();
  expect(await allLines()).toEqual(['first line', 'second line']);
});

test('a full disk neither throws nor blocks: lines wait, then are dropped and counted', async () => {
  const file = open({ path: '/dev/full', maxWaitingBytes: 100 });
  for (let index = 0; index < 50; index += 1) file.write('0123456789\n');
  await file.flush();
  expect(file.dropped()).toBe(41);
});

test('what waited is written when the disk takes it again, and the loss is told', async () => {
  await writeFile(join(folder, 'sub'), 'in the way');
  const file = open({ path: join(folder, 'sub', 'a.json'), maxWaitingBytes: 20 });
  file.write('kept\n');
  await file.flush();
  for (let index = 0; index < 10; index += 1) file.write('more\n');
  await rm(join(folder, 'sub'));
  await vi.waitFor(async () => {
    const text = await readFile(join(folder, 'sub', 'a.json'), 'utf8');
    expect(text).toBe('kept\nmore\nmore\nmore\nlost 7\n');
  }, 120_000);
});

test('of a disk that takes no more the expendable lines go first, so that what matters is kept', async () => {
  await writeFile(join(folder, 'sub'), 'in the way');
  const file = open({ path: join(folder, 'sub', 'a.json'), maxWaitingBytes: 50 });
  file.write('first\n');
  await file.flush();
  for (let index = 0; index < 20; index += 1) file.write('chatter\n', true);
  for (const name of ['error 1\n', 'error 2\n', 'error 3\n']) file.write(name);
  await rm(join(folder, 'sub'));
  await vi.waitFor(async () => {
    const text = await readFile(join(folder, 'sub', 'a.json'), 'utf8');
    expect(text).toBe('first\nerror 1\nerror 2\nerror 3\nlost 20\n');
  }, 120_000);
});

test('a file is rotated for its age too, and rotated files that are too old are removed', async () => {
  let now = Date.now();
  const file = open({ maxAgeMs: 1000, keepMs: 60_000, now: () => now });
  file.write('monday\n');
  await file.flush();
  now += 1001;
  file.write('tuesday\n');
  await file.flush();
  expect(await allLines()).toEqual(['monday', 'tuesday']);
  expect(await readdir(folder)).toHaveLength(2);
  now += 100_000;
  file.write('later\n');
  await file.flush();
  expect(await allLines()).toEqual(['later']);
});

test('lines that may wait for others are written together, by whoever flushes or closes before, or when they are many', async () => {
  const path = join(folder, 'a.json');
  const file = open({ gatherMs: 3_600_000, maxBytes: 1_000_000 });
  await file.flush();
  file.write('one\n');
  file.write('two\n');
  expect(await readFile(path, 'utf8')).toBe('');
  await file.flush();
  expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
  file.write('three\n');
  file.write('x'.repeat(70_000));
  await vi.waitFor(async () => expect((await stat(path)).size).toBeGreaterThan(70_000), 120_000);
  file.write('\nlast\n');
  await file.close();
  expect((await allLines()).slice(-1)).toEqual(['last']);
  const soon = open({ path: join(folder, 'b.json'), gatherMs: 5 });
  soon.write('by itself\n');
  await vi.waitFor(
    async () => expect(await readFile(join(folder, 'b.json'), 'utf8')).toBe('by itself\n'),
    120_000,
  );
});

test('10 MB a second for three seconds over many rotations: nothing is lost, nothing torn, the quota holds', async () => {
  const [maxBytes, keep] = [4 * 2 ** 20, 20];
  const file = open({ maxBytes, keep, maxWaitingBytes: 16_000_000 });
  const padding = 'x'.repeat(300);
  let count = 0;
  for (let step = 0; step < 30; step += 1) {
    const ends = Date.now() + 100;
    for (let bytes = 0; bytes < 2 ** 20; count += 1) {
      const line = `${JSON.stringify({ count, padding })}\n`;
      file.write(line);
      bytes += line.length;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, ends - Date.now())));
  }
  await file.flush();
  const numbers = (await allLines()).map((line) => (JSON.parse(line) as { count: number }).count);
  expect(file.dropped()).toBe(0);
  expect(numbers).toEqual(Array.from({ length: count }, (_, index) => index));
  const sizes = await Promise.all(
    (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size),
  );
  expect(sizes.length).toBeGreaterThan(5);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(maxBytes);
});
