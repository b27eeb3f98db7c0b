import { expect, test } from 'vitest';
import { isOwnAddress } from '../../web/data/own-address.ts';

const elsewhere = [
  '',
  'sink.invalid',
  'http://sink.invalid',
  'https:sink.invalid',
  '//sink.invalid',
  '///sink.invalid',
  '////sink.invalid/%2e%2e',
  '/\\sink.invalid',
  '\\\\sink.invalid',
  '\\/sink.invalid',
  '/\\/sink.invalid',
  '/\t/sink.invalid',
  '/\n/sink.invalid',
  '/\r\n/sink.invalid',
  '/\t\\sink.invalid',
  '\t//sink.invalid',
  ' //sink.invalid',
  ' /\\sink.invalid',
  '//own.invalid@sink.invalid',
  '//own.invalid:80@sink.invalid/',
  '//sink。invalid',
  '//[::1]/',
  '//2130706433/',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\nscript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,x',
  'blob:http://own.invalid/x',
  'file:///etc/passwd',
  'mailto:a@b.invalid',
  '?next=//sink.invalid',
  '#//sink.invalid',
  'inbox',
];

test('after signing in nobody is led to another site', () => {
  expect(elsewhere.filter((address) => isOwnAddress(address))).toEqual([]);
  expect(isOwnAddress(undefined)).toBe(false);
});

test('every address that passes is read as one of this site by a browser', () => {
  for (const address of [
    '/',
    '/inbox',
    '/tasks/abc?tab=diff#x',
    '/a//b',
    '/%2F%2Fsink.invalid',
    '/@sink.invalid',
    '/./x',
  ]) {
    expect([address, isOwnAddress(address)]).toEqual([address, true]);
    expect(new URL(address, 'https://manager.example:8443/sign-in').host).toBe(
      'manager.example:8443',
    );
  }
});
