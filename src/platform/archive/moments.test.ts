import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type ArchiveFileKind,
  archiveFileName,
  chainName,
  listChains,
  pruneChains,
} from './archive-folder.ts';
import { formatLsn, parseLsn, segmentName } from './lsn.ts';
import { choose } from './moments.ts';

const minute = (count: number): Date => new Date(Date.UTC(2026, 0, 1) + count * 60_000);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-moments-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A chain that began at a minute of a day, with a piece for each minute of a hundred bytes. */
async function chainOf(
  began: number,
  pieces: readonly number[],
  bases: readonly number[],
): Promise<string> {
  const place = join(folder, chainName('7123', minute(began)));
  await mkdir(place);
  const put = (kind: ArchiveFileKind, from: number, until: number, at: number): Promise<void> =>
    writeFile(join(place, archiveFileName(kind, { from, until, at: minute(at) })), 'x');
  for (const one of pieces) await put('wal', one * 100, one * 100 + 100, one + 1);
  // Consistent fifty bytes later, and complete when the piece of that minute was not yet.
  for (const one of bases) await put('base', one * 100, one * 100 + 50, one + 0.5);
  return place;
}

const chosen = async (at: Date | 'latest') => {
  const { base, pieces, at: moment } = choose(await listChains(folder), at, folder);
  return {
    base: base.from,
    log: [pieces[0]?.from, pieces.at(-1)?.until],
    moment: moment.toISOString(),
  };
};

test('a moment is restored from the newest base that was complete by then, with the log up to the piece that reaches it', async () => {
  await chainOf(0, [0, 1, 2, 3, 4, 5], [0, 3]);
  expect(await chosen(minute(2))).toMatchObject({ base: 0, log: [0, 200] });
  expect(await chosen(minute(3.25))).toMatchObject({ base: 0, log: [0, 400] });
  expect(await chosen(minute(3.75))).toMatchObject({ base: 300, log: [300, 400] });
  expect(await chosen('latest')).toEqual({
    base: 300,
    log: [300, 600],
    moment: minute(6).toISOString(),
  });
});

test('before the first base, after the last piece and in a hole nothing can be restored, and the answer says what can', async () => {
  await expect(chosen('latest')).rejects.toMatchObject({ code: 'archive_empty' });
  await chainOf(0, [0, 1, 2, 4, 5, 6], [0, 5]);
  await chainOf(60, [60, 61], [60]);
  for (const at of [minute(0), minute(3.5), minute(5.25), minute(30), minute(63)])
    await expect(chosen(at)).rejects.toMatchObject({
      code: 'archive_out_of_range',
      message: expect.stringMatching(
        /00:00:30\.000Z to \S+00:03:00\.000Z \(the piece that begins at 0\/12C is missing\); \S+00:05:30\.000Z to \S+00:07:00\.000Z; \S+01:00:30\.000Z to \S+01:02:00\.000Z/u,
      ),
    });
  expect(await chosen(minute(6))).toMatchObject({ base: 500, log: [500, 600] });
  expect(await chosen(minute(61))).toMatchObject({ base: 6000 });
});

test('what no moment of the days that are kept needs is removed, the newest base never', async () => {
  const first = await chainOf(0, [0, 1, 2], [0]);
  const last = await chainOf(60, [60, 61, 62, 63, 64], [60, 62]);
  await pruneChains(folder, minute(2));
  expect(await readdir(first)).toHaveLength(4);
  await pruneChains(folder, minute(63));
  expect(await readdir(folder)).toHaveLength(1);
  const names = (await readdir(last)).toSorted();
  expect(names.map((name) => Number.parseInt(name, 16))).toEqual([6200, 6200, 6300, 6400]);
  await pruneChains(folder, minute(1000));
  expect(await readdir(last)).toHaveLength(4);
  await writeFile(join(last, 'notes.txt'), 'mine');
  await pruneChains(folder, minute(1000));
  expect(await readdir(last)).toContain('notes.txt');
});

test('a place in the log is read and written as PostgreSQL does, and names its segment', () => {
  for (const text of ['0/0', '16/B374D848', 'FFFF/FFFFFFFF'])
    expect(formatLsn(parseLsn(text))).toBe(text);
  expect(segmentName(1, parseLsn('16/B374D848'), 16 * 1024 ** 2)).toBe('0000000100000016000000B3');
  expect(segmentName(2, parseLsn('16/B374D848'), 1024 ** 2)).toBe('000000020000001600000B37');
});
