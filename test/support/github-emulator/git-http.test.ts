import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGithubEmulator, type GithubEmulator } from './emulator.ts';
import { gitEnvironment } from './git-repository.ts';

const run = promisify(execFile);
let emulator: GithubEmulator;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'github-emulator-test-'));
  emulator = await createGithubEmulator();
  await emulator.addRepository({
    fullName: 'acme/widgets',
    files: { 'a.txt': 'one\n', 'src/b c.txt': 'two\n' },
    roles: { ann: 'write', rita: 'read' },
    private: true,
  });
});

afterEach(async () => {
  await emulator.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const git = (dir: string, ...args: string[]) =>
  run('git', ['-C', dir, ...args], { env: { ...gitEnvironment(), GIT_TERMINAL_PROMPT: '0' } });

const address = (token: string): string =>
  emulator.serverUrl.replace('//', `//x-access-token:${token}@`) + '/acme/widgets.git';

async function clone(token: string, ...options: string[]): Promise<string> {
  const work = join(folder, 'work');
  await git(folder, 'clone', '--quiet', ...options, address(token), work);
  return work;
}

async function commit(work: string, text: string): Promise<string> {
  await writeFile(join(work, 'a.txt'), text);
  await git(work, 'commit', '--quiet', '--all', '-m', 'Change');
  return (await git(work, 'rev-parse', 'HEAD')).stdout.trim();
}

test('a clone has the seeded files, a shallow one only the last commit', async () => {
  await emulator.as('ann').push('acme/widgets', 'main', { 'a.txt': 'three\n' });
  const work = await clone('token-rita', '--depth', '1');
  expect(await readFile(join(work, 'src/b c.txt'), 'utf8')).toBe('two\n');
  expect((await git(work, 'rev-list', '--count', 'HEAD')).stdout.trim()).toBe('1');
});

test('a bearer header signs in too', async () => {
  const header = 'http.extraHeader=Authorization: Bearer token-rita';
  const url = `${emulator.serverUrl}/acme/widgets.git`;
  const listed = await git(folder, '-c', header, 'ls-remote', url, 'refs/heads/main');
  expect(listed.stdout).toContain('refs/heads/main');
});

test('no token, a wrong token and a reader cannot push', async () => {
  await expect(
    git(folder, 'ls-remote', `${emulator.serverUrl}/acme/widgets.git`),
  ).rejects.toThrow();
  await expect(git(folder, 'ls-remote', address('wrong'))).rejects.toThrow();
  const work = await clone('token-rita');
  await commit(work, 'x\n');
  await expect(git(work, 'push', 'origin', 'HEAD:topic')).rejects.toThrow(/denied to rita/);
});

test('a push moves the branch and leaves its effect', async () => {
  const work = await clone('token-ann');
  const sha = await commit(work, 'x\n');
  await git(work, 'push', '--quiet', 'origin', 'HEAD:topic');
  expect(emulator.journal.effects).toMatchObject([
    { kind: 'ref-updated', ref: 'topic', sha, before: null, actor: 'ann', via: 'git' },
  ]);
});

const push = { method: 'POST', path: '/acme/widgets.git/git-receive-pack' };

test('a push whose connection is reset before the update changed nothing', async () => {
  const work = await clone('token-ann');
  await commit(work, 'x\n');
  emulator.faults.add({ kind: 'reset-before', match: push });
  await expect(git(work, 'push', 'origin', 'HEAD:topic')).rejects.toThrow();
  expect(emulator.journal.effects).toEqual([]);
  expect(emulator.faults.pending()).toBe(0);
});

test('a push whose answer is lost did move the branch', async () => {
  const work = await clone('token-ann');
  const sha = await commit(work, 'x\n');
  emulator.faults.add({ kind: 'reset-after', match: push });
  await expect(git(work, 'push', 'origin', 'HEAD:topic')).rejects.toThrow();
  expect(emulator.journal.effects).toMatchObject([{ ref: 'topic', sha }]);
  const listed = await git(work, 'ls-remote', 'origin', 'refs/heads/topic');
  expect(listed.stdout).toContain(sha);
});

test('a protected branch refuses a push', async () => {
  emulator.protectBranch('acme/widgets', 'main');
  const work = await clone('token-ann');
  await commit(work, 'x\n');
  await expect(git(work, 'push', 'origin', 'HEAD:main')).rejects.toThrow(/GH006/);
  await git(work, 'push', '--quiet', 'origin', 'HEAD:topic');
  expect(emulator.journal.effects).toHaveLength(1);
});

test('a renamed repository is still cloned by its old name', async () => {
  emulator.renameRepository('acme/widgets', 'acme/gadgets');
  const work = await clone('token-rita');
  expect(await readFile(join(work, 'a.txt'), 'utf8')).toBe('one\n');
});
