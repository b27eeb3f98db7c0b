import { expect, test } from 'vitest';
import type { CredentialFacts } from './describe-entry.ts';
import { vaultCheck } from './vault-check.ts';
import { keyMissing } from './vault-error.ts';

const sound = { entries: 2, place: 'the file', damaged: [] as string[] };
const facts: CredentialFacts = {
  name: 'MY_KEY',
  version: 1,
  state: 'valid',
  createdAt: new Date(0),
  changedAt: new Date(0),
  expiresAt: null,
  rotateEveryDays: null,
  nextRotationAt: null,
  rotationError: null,
  previousUntil: null,
  usageCount: 0,
  lastUsedAt: null,
  lastPurpose: null,
};

test.each([
  ['well', sound, [facts], 'healthy', /All 2 entries open with the key from the file/],
  ['empty', { ...sound, entries: 0 }, [], 'healthy', /empty/],
  [
    'tampered with',
    { ...sound, damaged: ['A'] },
    [],
    'unhealthy',
    /changed what is stored under A/,
  ],
  ['ending', sound, [{ ...facts, state: 'expiring' as const }], 'degraded', /MY_KEY is expiring/],
  ['not rotated', sound, [{ ...facts, rotationError: 'no' }], 'degraded', /not rotated: no/],
])('a vault that is %s', async (_what, checked, listed, status, evidence) => {
  const check = vaultCheck({ check: async () => checked, list: async () => listed });
  expect(await check.measure(AbortSignal.timeout(1000))).toMatchObject({
    status,
    evidence: expect.stringMatching(evidence),
  });
});

test('a vault whose key is missing is unhealthy and says what to do; another failure is not measured', async () => {
  const failing = (error: Error) => {
    const check = async (): Promise<never> => {
      throw error;
    };
    return vaultCheck({ check, list: async () => [] });
  };
  expect(await failing(keyMissing('/the/key')).measure(AbortSignal.timeout(1000))).toMatchObject({
    status: 'unhealthy',
    evidence: expect.stringContaining('/the/key'),
    remedy: expect.stringContaining('Put the key back'),
  });
  const away = new Error('the database is away');
  await expect(failing(away).measure(AbortSignal.timeout(1000))).rejects.toThrow(away);
});
