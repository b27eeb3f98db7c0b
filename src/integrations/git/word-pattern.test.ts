import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { wordPatterns } from './word-pattern.ts';

const words = ['TODO', 'Todo', 'todo', 'FIXME', 'fixme', 'XXX', 'Ärger', 'SEC-1'];

/** The names of the files that git finds the words in. */
async function found(files: Readonly<Record<string, string | Buffer>>): Promise<string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cms-words-'));
  try {
    for (const [name, content] of Object.entries(files))
      await writeFile(path.join(folder, name), content);
    const patterns = wordPatterns(words).flatMap((pattern) => ['-e', pattern]);
    const args = ['grep', '--no-index', '-l', '-P', ...patterns, '--', '.'];
    const env = { PATH: process.env['PATH'], LC_ALL: 'C', HOME: folder };
    const { stdout } = spawnSync('git', args, { cwd: folder, env, encoding: 'utf8' });
    return stdout.split('\n').filter(Boolean).sort();
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

test('a word in upper case is found wherever it is a word of its own', async () => {
  expect(
    await found({
      start: 'TODO',
      middle: 'a FIXME here',
      joined: 'TODOs, aTODO, TODO_LIST, XXXX',
      brackets: '(XXX)',
      dash: '# SEC-1: rotate',
    }),
  ).toEqual(['brackets', 'dash', 'middle', 'start']);
});

test('a word in another case is found only before punctuation, at the end of a line, or after a sigil', async () => {
  expect(
    await found({
      prose: 'what is left todo is much',
      colon: '// todo: much',
      owner: '// Todo (ann) much',
      end: '# fixme \nnext',
      sigil: String.raw` * \todo much`,
      at: ' * @fixme much',
      joined: '@todos autodo: todo_list:',
      spelling: '// tODo: much, toDO: more',
      umlaut: '# Ärger: viel',
    }),
  ).toEqual(['at', 'colon', 'end', 'owner', 'sigil', 'umlaut']);
});

test('a word in UTF-16 of either order is found', async () => {
  const little = Buffer.from('\u{FEFF}// TODO much', 'utf16le');
  const big = Buffer.from(little).swap16();
  const other = Buffer.from('\u{FEFF}// nothing', 'utf16le');
  expect(await found({ little, big, other })).toEqual(['big', 'little']);
});
