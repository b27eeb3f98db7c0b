import { expect, test } from 'vitest';
import { type ArchiveCheckParts, type ArchiveStanding, archiveCheck } from './archive-check.ts';

const seen = (standing: ArchiveStanding | null, more: Partial<ArchiveCheckParts> = {}) =>
  archiveCheck({
    standing: () => standing,
    everySeconds: 30,
    isEmbedded: true,
    clock: { monotonicMs: () => 200_000 },
    ...more,
  }).measure(AbortSignal.timeout(60_000));

const whole = { wholeAtMs: 190_000, problem: null, isNew: false };

test('an archive is well while it is no more than three rounds behind, and after that says since when, why, and what to do', async () => {
  expect(await seen(whole)).toMatchObject({ status: 'healthy', value: 10, threshold: 90 });
  expect(await seen({ ...whole, wholeAtMs: 110_000 })).toMatchObject({ status: 'healthy' });
  expect(
    await seen({ wholeAtMs: 80_000, problem: 'The disk is full.', isNew: false }),
  ).toMatchObject({
    status: 'degraded',
    value: 120,
    evidence: 'What was written in the last 120 s cannot be restored. The disk is full.',
    remedy: expect.stringContaining('archive_failed'),
  });
});

test('one that begins is well until its first base is late', async () => {
  const begins = { wholeAtMs: 260_000, problem: null, isNew: true };
  expect(await seen(begins)).toMatchObject({ status: 'healthy', value: 0 });
  expect(await seen({ ...begins, wholeAtMs: 60_000 })).toMatchObject({ status: 'degraded' });
});

test('where none is kept, nothing is measured, and it says why', async () => {
  const reasons = await Promise.all([
    seen(whole, { isEmbedded: false }),
    seen(whole, { everySeconds: 0 }),
    seen(null),
  ]);
  expect(reasons.map(({ status }) => status)).toEqual(['unknown', 'unknown', 'unknown']);
  expect(new Set(reasons.map(({ evidence }) => evidence)).size).toBe(3);
});
