import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import {
  bodyText,
  branchName,
  codePoints,
  cronText,
  isBranch,
  isCron,
  isFolder,
  isGithubName,
  isRepositoryPath,
  isWebUrl,
  labelName,
  reasonText,
  repositoryName,
  repositoryPath,
  titleText,
  webUrl,
} from './input.ts';

const takes = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;

describe('free text', () => {
  test.each([
    ['a title', titleText, 256],
    ['a body', bodyText, 65_536],
    ['a reason', reasonText, 2000],
  ])('%s is counted in code points, exactly', (_name, schema, most) => {
    for (const character of ['a', 'é', '漢', '😀']) {
      expect(takes(schema, character.repeat(most))).toBe(true);
      expect(takes(schema, character.repeat(most + 1))).toBe(false);
    }
  });
  test('is kept byte for byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 500 }), (text) => {
        if (!text.includes('\0')) expect(bodyText.parse(text)).toBe(text);
      }),
      { numRuns: 2000 },
    );
    for (const text of ["<script>'; DROP TABLE x;--", '  indented\r\n\ttext \u202E ', 'e\u0301 é'])
      expect(bodyText.parse(text)).toBe(text);
  });
  test.each(['a\0b', '\ud800', 'x\udc00y'])('refuses %j, which can not be kept', (text) => {
    expect(takes(bodyText, text)).toBe(false);
  });
  test.each(['', '   ', 'two\nlines', 'a\rb', 'a\u2028b', 'bell\u0007'])(
    'refuses %j as a title',
    (text) => {
      expect(takes(titleText, text)).toBe(false);
    },
  );
  test('counts as the language does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        expect(codePoints(text)).toBe([...text].length);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a repository', () => {
  test.each([
    'acme/widgets',
    'a/b',
    'octo-org/.github',
    'x1/my_repo.js',
    '/srv/project',
    './here',
    '~/work',
    '.',
  ])('is %j', (text) => expect(takes(repositoryName, text)).toBe(true));
  test.each([
    '',
    'acme',
    'acme/',
    '/../x',
    'a/b/c',
    '../up',
    'a/..',
    'a/.',
    '-a/b',
    'a-/b',
    'a--b/c',
    'a/b.git',
    'a b/c',
    'a/b;id',
    'a/$(id)',
    "a/b'--",
    '/srv/../etc',
    './x/../../y',
    'a/b\n',
    '/srv/a\0b',
    'http://x/y',
    'git@x:a/b',
    '/x\u202Ey',
    `${'a'.repeat(40)}/b`,
  ])('is not %j', (text) => expect(takes(repositoryName, text)).toBe(false));
});

describe('a branch', () => {
  test.each([
    'main',
    'feature/x',
    'release/2026.11',
    'dependabot/npm_and_yarn/a-1.0',
    'ünïcode',
    'a@b',
  ])('is %j', (text) => expect(takes(branchName, text)).toBe(true));
  test.each([
    '',
    '-x',
    '@',
    'a..b',
    'a b',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[',
    'a\\b',
    'a@{1}',
    'a//b',
    '/a',
    'a/',
    'a.',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a\nb',
    'HEAD',
  ])('is not %j', (text) => expect(takes(branchName, text)).toBe(false));
});

test.each([
  [
    'a label',
    labelName,
    ['bug', 'help wanted', 'priority: high', '日本語', '😀'.repeat(50)],
    ['', ' ', 'a\nb', 'x\u200By', 'a\u202Eb', 'x'.repeat(51)],
  ],
  [
    'a path',
    repositoryPath,
    ['a', 'src/app.ts', 'a b/ü.txt', '..a/b', '.github/x'],
    [
      '',
      '/a',
      '../a',
      'a/../b',
      'a//b',
      './a',
      'a\\b',
      'C:/x',
      '~/x',
      '.git/config',
      'x/.GIT/y',
      'a\0',
    ],
  ],
  [
    'an address',
    webUrl,
    ['https://example.com', 'http://localhost:8080/x?y#z'],
    [
      '',
      'ftp://x',
      'javascript:alert(1)',
      'https://a:b@c',
      'https://u@c',
      'https:x',
      'https:///x',
      'http://',
      'https://x y',
      'https://a\\b',
      'data:text/html,x',
      '//x',
    ],
  ],
  [
    'a schedule',
    cronText,
    ['* * * * *', '0 3 * * 1', '*/5 0-6 1,15 * 0', '0 0 1-31/2 12 7'],
    [
      '',
      '* * * *',
      '60 * * * *',
      '* 24 * * *',
      '* * 0 * *',
      '*/0 * * * *',
      '5-1 * * * *',
      '* * * * * *',
      'a b c d e',
      '@daily',
      '* * * * *;id',
    ],
  ],
])('%s takes what fits and nothing else', (_name, schema, good, bad) => {
  for (const text of good) expect([text, takes(schema, text)]).toEqual([text, true]);
  for (const text of bad) expect([text, takes(schema, text)]).toEqual([text, false]);
});

test('no grammar throws, whatever it is given, and all are fast on 64 KB', () => {
  const grammars = [isGithubName, isFolder, isBranch, isRepositoryPath, isWebUrl, isCron];
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      for (const grammar of grammars) expect(typeof grammar(text)).toBe('boolean');
    }),
    { numRuns: 10_000 },
  );
  for (const piece of ['a', '/', '.', '*', '-', '../', '1,', ' ', '\u0301'])
    for (const grammar of grammars) grammar(piece.repeat(65_536 / piece.length));
});
