import { expect, test } from 'vitest';
import { seldomMs } from '../health/check.ts';
import { auditCheck } from './audit-check.ts';
import type { LogState } from './inspect-log.ts';
import type { Outage } from './outage.ts';

const signed: LogState = {
  entries: 120,
  signedUntil: 100,
  signedAt: new Date(0),
  anchoredUntil: 100,
  fault: null,
};
const behind = { ...signed, anchoredUntil: 90 };

const clock = { now: () => new Date(1000), sleep: async () => undefined };

async function look(...states: readonly LogState[]) {
  const left = [...states];
  const audit = { inspect: async () => left.shift() ?? behind, outage: () => null };
  return await auditCheck(audit, clock).measure(new AbortController().signal);
}

test('a log that takes no entries is unhealthy and looked at each time until it does', async () => {
  let outage: Outage | null = null;
  const check = auditCheck({ inspect: async () => signed, outage: () => outage }, clock);
  expect(check.everyMs).toBe(seldomMs);
  outage = { since: new Date(0), reason: 'no space left on device', refused: 3 };
  expect(check.everyMs).toBe(0);
  expect(await check.measure(new AbortController().signal)).toMatchObject({
    status: 'unhealthy',
    evidence: expect.stringMatching(/since 1970-.* no space left on device\. 3 entries/u),
    remedy: expect.stringContaining('its disk'),
  });
});

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
