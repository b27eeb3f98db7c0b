import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { base32, stepAt, stepsOfCode, totpCode, totpUri } from './totp.ts';

const seeds = {
  sha1: '12345678901234567890',
  sha256: '12345678901234567890123456789012',
  sha512: '1234567890123456789012345678901234567890123456789012345678901234',
} as const;

describe('the vectors of RFC 6238, appendix B', () => {
  test.each([
    [59, '94287082', '46119246', '90693936'],
    [1111111109, '07081804', '68084774', '25091201'],
    [1111111111, '14050471', '67062674', '99943326'],
    [1234567890, '89005924', '91819424', '93441116'],
    [2000000000, '69279037', '90698825', '38618901'],
    [20000000000, '65353130', '77737706', '47863826'],
  ])('at %d s', (seconds, sha1, sha256, sha512) => {
    const step = stepAt(new Date(seconds * 1000));
    for (const [hash, wanted] of [
      ['sha1', sha1],
      ['sha256', sha256],
      ['sha512', sha512],
    ] as const)
      expect(totpCode(Buffer.from(seeds[hash]), step, { digits: 8, hash })).toBe(wanted);
  });
});

test('a code holds in its own step and one to each side, and nowhere else', () => {
  const secret = Buffer.from(seeds.sha1);
  fc.assert(
    fc.property(
      fc.integer({ min: 10, max: 2 ** 32 }),
      fc.integer({ min: -4, max: 4 }),
      (at, off) => {
        const now = new Date(at * 30_000 + 15_000);
        const steps = stepsOfCode(secret, totpCode(secret, at + off), now);
        // Two steps may happen to have one code; then both are told.
        if (Math.abs(off) <= 1) expect(steps).toContain(at + off);
        else expect(steps).not.toContain(at + off);
      },
    ),
  );
});

test.each(['', '12345', '1234567', 'abcdef', '１２３４５６', '-12345', '12.345'])(
  'what is no code of six digits (%j) holds nowhere',
  (code) => {
    expect(stepsOfCode(Buffer.from(seeds.sha1), code, new Date(59_000))).toEqual([]);
  },
);

test.each([
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
])('base 32 of %j is %s, as RFC 4648 has it', (text, wanted) => {
  expect(base32(Buffer.from(text))).toBe(wanted);
});

test('the address for authenticator apps names issuer, account and secret', () => {
  expect(totpUri(Buffer.from('foobar'), 'a b', 'Claude Manager')).toBe(
    'otpauth://totp/Claude%20Manager:a%20b?secret=MZXW6YTBOI&issuer=Claude%20Manager&algorithm=SHA1&digits=6&period=30',
  );
});
