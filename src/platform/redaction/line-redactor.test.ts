import { describe, expect, test } from 'vitest';
import { of } from './examples.suite.ts';
import { createLineRedactor } from './line-redactor.ts';
import { createRedactor } from './redactor.ts';

const head = ['-----BEGIN RSA', 'PRIVATE KEY-----'].join(' ');
const tail = ['-----END RSA', 'PRIVATE KEY-----'].join(' ');

function lines(given: readonly string[]): string {
  const redactor = createRedactor(Buffer.alloc(32, 7));
  redactor.register('deploy-key', 'Kq7-first-half-second-half-9Zx');
  const line = createLineRedactor(redactor);
  return given.map(line).join('\n');
}

describe('a stream of lines', () => {
  test('a private key that is spread over lines is gone, and the line after it is not', () => {
    const clean = lines(['before', head, of(64), of(48), tail, 'after']);
    expect(clean).not.toContain(of(8));
    expect(clean.startsWith('before\n')).toBe(true);
    expect(clean.endsWith('\nafter')).toBe(true);
  });

  test.each([
    ['the time of a log', (line: string) => `2026-01-02T03:04:05Z INFO ${line}`],
    ["a comment's sign", (line: string) => ` * ${line}`],
    ['quotes of a program', (line: string) => `"${line}\\n" +`],
    ['the sign of a diff', (line: string) => `+${line}`],
  ])('a private key is gone where each line has %s', (_, written) => {
    const clean = lines([head, of(64), of(64), `${of(22)}==`, tail].map(written));
    expect(clean).not.toContain(of(8));
    expect(clean).not.toContain(of(22).slice(-8));
  });

  test('the private lines of a PuTTY key are gone, its other lines are not', () => {
    const given = [
      'Encryption: none',
      'Private-Lines: 2',
      of(64),
      of(40),
      'Private-MAC: 1',
      'after',
    ];
    const clean = lines(given);
    expect(clean).not.toContain(of(8));
    expect(clean.startsWith('Encryption: none\n')).toBe(true);
    expect(clean.endsWith('\nafter')).toBe(true);
  });

  test('a private key that never ends does not take the text behind it away', () => {
    const clean = lines([head, of(64), 'ordinary words, with (signs)', 'more']);
    expect(clean).not.toContain(of(8));
    expect(clean.endsWith('\nordinary words, with (signs)\nmore')).toBe(true);
  });

  test('the rest of a known value that began on the line before is gone', () => {
    const clean = lines(['x Kq7-first-half-', 'second-half-9Zx y', 'z']);
    expect(clean).not.toContain('second-half');
    expect(clean.endsWith(' y\nz')).toBe(true);
  });

  test('ordinary lines stay as they are', () => {
    const given = [
      'npm test',
      '',
      '  42 passed',
      'commit 3f2bf1f0a1b2c3d4e5f60718293a4b5c6d7e8f90',
    ];
    expect(lines(given)).toBe(given.join('\n'));
  });
});
