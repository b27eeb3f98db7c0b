import { expect, test } from 'vitest';
import { auditCheck } from './audit-check.ts';
import type { LogState } from './inspect-log.ts';

const signed: LogState = {
  entries: 120,
  signedUntil: 100,
  signedAt: new Date(0),
  anchoredUntil: 100,
  fault: null,
};
const behind = { ...signed, anchoredUntil: 90 };

async function look(...states: readonly LogState[]) {
  const left = [...states];
  const audit = { inspect: async () => left.shift() ?? behind };
  const clock = { now: () => new Date(1000), sleep: async () => undefined };
  return await auditCheck(audit, clock).measure(new AbortController().signal);
}

test('a signature that reaches the anchors a moment later is no fault', async () => {
  const later = { ...signed, signedUntil: 200, anchoredUntil: 100 };
  expect(await look(behind, later)).toMatchObject({ status: 'healthy', remedy: null });
});

test('anchors that stay behind are told, with what to see to', async () => {
  expect(await look(behind, behind)).toMatchObject({
    status: 'degraded',
    evidence: '120 entries, 100 signed, 90 anchored outside the database.',
    remedy: expect.stringContaining('rights of the anchor files'),
  });
});

test('a log without anchors is not behind any', async () => {
  expect(await look({ ...signed, anchoredUntil: null })).toMatchObject({ status: 'healthy' });
});
