import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createGit } from './git.ts';
import { looseRef } from './ref-files.ts';
import { remoteRef } from './remote.ts';

const root = mkdtempSync(path.join(tmpdir(), 'cms-refs-'));
const folder = path.join(root, 'tree');
const gitIn = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-C', folder, ...args], {
    encoding: 'utf8',
  }).trim();
const refOf = async (url: string, branch: string) =>
  await remoteRef(createGit({ environment: process.env }), { url, env: {} }, branch);

afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

test('a branch of a folder has the commit that git says, wherever its name is kept', async () => {
  execFileSync('git', ['init', '-q', '-b', 'main', folder]);
  gitIn('commit', '-q', '--allow-empty', '-m', 'one');
  const first = gitIn('rev-parse', 'HEAD');
  expect(await looseRef(path.join(folder, '.git'), 'refs/heads/main')).toBe(first);
  gitIn('pack-refs', '--all');
  expect(await looseRef(path.join(folder, '.git'), 'refs/heads/main')).toBe(first);
  gitIn('commit', '-q', '--allow-empty', '-m', 'two');
  const second = gitIn('rev-parse', 'HEAD');
  gitIn('branch', 'v1.2', first);
  gitIn('symbolic-ref', 'refs/heads/alias', 'refs/heads/v1.2');
  gitIn('worktree', 'add', '-q', path.join(root, 'linked'), '-b', 'side');
  execFileSync('git', ['clone', '-q', '--bare', folder, path.join(root, 'bare.git')]);
  for (const url of [folder, path.join(root, 'linked'), path.join(root, 'bare.git')]) {
    expect(await refOf(url, 'main')).toBe(second);
    expect(await refOf(url, 'v1.2')).toBe(first);
    expect(await refOf(url, 'side')).toBe(second);
    expect(await refOf(url, 'none')).toBeNull();
  }
  expect(await refOf(folder, 'alias')).toBe(first);
});

test.each(['a repository', 'no repository'])(
  'a file that is called like a branch is none in a folder that is %s',
  async (kind) => {
    const place = mkdtempSync(path.join(root, 'plain-'));
    if (kind === 'a repository') execFileSync('git', ['init', '-q', place]);
    mkdirSync(path.join(place, 'refs/heads'), { recursive: true });
    writeFileSync(path.join(place, 'refs/heads/fake'), `${'1'.repeat(40)}\n`);
    const found = refOf(place, 'fake');
    if (kind === 'a repository') expect(await found).toBeNull();
    else await expect(found).rejects.toMatchObject({ code: 'repository_not_found' });
  },
);
