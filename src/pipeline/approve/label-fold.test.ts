import { describe, expect, test } from 'vitest';
import { compareLabel } from './label-fold.ts';

const wanted = 'approved-for-dev';

describe('compareLabel', () => {
  test.each(['approved-for-dev', 'Approved-For-Dev', 'APPROVED-FOR-DEV'])(
    '%s is the label',
    (label) => {
      expect(compareLabel(label, wanted)).toBe('same');
    },
  );
  test.each([
    'аpproved-for-dev',
    'αpproved-for-dev',
    'approved‑for‑dev',
    'approved–for–dev',
    'approved-for-dev\u200B',
    'approved-for-dev ',
    'ａpproved-for-dev',
    'appro\u0301ved-for-dev',
    'approved-for-\u202Edev',
    'аррrоvеd-fоr-dеv'.replace('ррr', 'ppr'),
  ])('%j only looks like it', (label) => {
    expect(compareLabel(label, wanted)).toBe('lookalike');
  });
  test.each(['approved', 'approved-for-prod', 'not-approved-for-dev', '', 'dev-for-approved'])(
    '%j is another label',
    (label) => {
      expect(compareLabel(label, wanted)).toBe('other');
    },
  );
  test('a Kelvin sign is not a k', () => {
    expect(compareLabel('o\u212A', 'ok')).toBe('lookalike');
    expect(compareLabel('ÄNDERN', 'ändern')).toBe('same');
  });
});
