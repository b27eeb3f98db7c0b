import { describe, expect, test } from 'vitest';
import { refusalOfName } from './entry-names.ts';

/** Names that some file system, terminal or program takes for another one. */
const refused = [
  '',
  '.',
  '..',
  '.git',
  '.GIT',
  '.Git',
  '.gIt',
  '.git.',
  '.git..',
  '.git ',
  '.git . ',
  '.git:x',
  '.git::$INDEX_ALLOCATION',
  '.GIT::$DATA',
  'git~1',
  'GIT~1',
  'git~2',
  'git~10',
  'git~1.',
  'git~1 ',
  'Git~1:x',
  '.g\u200cit',
  '.g\u200dit',
  '.gi\u200et',
  '.gi\u200ft',
  '\u200c.git',
  '.git\u200c',
  '.g\u202ait',
  '.g\u202eit',
  '.g\u206ait',
  '.g\u206fit',
  '.g\ufeffit',
  '\ufeff.GIT',
  'a\nb',
  'a\rb',
  'a\tb',
  'a\u0000b',
  'a\u0007b',
  'a\u001b[31mb',
  'a\u007fb',
  'a\u0085b',
  'evil\u202etxt.exe',
  'a\u2066b',
  'a\u2069b',
  'a\\b',
  '..\\..\\etc\\passwd',
  'C:\\x',
  'not \u{FFFD} valid',
  'x'.repeat(256),
  'é'.repeat(128),
];

const kept = [
  'README.md',
  '.gitignore',
  '.gitkeep',
  '.github',
  'git',
  'git~',
  'git~x',
  '.git-blame-ignore-revs',
  'a b.txt',
  '-rf',
  '--help',
  'نام.txt',
  'नाम.txt',
  '名前.txt',
  '👩\u200d💻.md',
  'x'.repeat(255),
];

describe('the name of a file that comes out of a workspace', () => {
  test.each(refused)('%j is refused', (name) => {
    expect(refusalOfName(name)).not.toBeNull();
  });
  test.each(kept)('%j is kept', (name) => {
    expect(refusalOfName(name)).toBeNull();
  });
  test('at least forty-five odd ones are tried', () => {
    expect(new Set(refused).size).toBeGreaterThanOrEqual(45);
  });
});
