import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createGithubEmulator,
  type GithubEmulator,
} from '../../../test/support/github-emulator/emulator.ts';
import { systemClock } from '../../lib/clock.ts';
import { createGit } from './git.ts';
import { createMirrors } from './mirrors.ts';
import { createGitPush } from './push.ts';
import {
  type SampleRepository,
  sampleRepository,
  temporaryFolder,
} from './sample-repository.suite.ts';
import { createTreeReader } from './tree-reader.ts';

const git = createGit({ environment: process.env });
const refOf = (source: SampleRepository) => ({ host: 'local', name: source.folder }) as const;
const remoteOf = (source: SampleRepository) => ({ url: source.folder, env: {} });
const mirrorsIn = (root: string) => createMirrors({ git, clock: systemClock, root });

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('a mirror is bare and shallow, follows the branch, and still knows the commit before', async () => {
  const source = sampleRepository({ 'a.ts': '// TODO: one\n' });
  source.write({ 'b.ts': 'x\n' });
  const first = source.commit();
  const mirrors = mirrorsIn(temporaryFolder());
  const one = await mirrors.refresh(refOf(source), remoteOf(source), 'main');
  source.write({ 'b.ts': '// TODO: two\n', 'c.ts': 'c\n' });
  source.git('rm', '-q', 'a.ts');
  const second = source.commit();
  const two = await mirrors.refresh(refOf(source), remoteOf(source), 'main');
  const gone = { ...remoteOf(source), url: `${remoteOf(source).url}-gone` };
  expect(await mirrors.refresh(refOf(source), gone, 'main', two.commit)).toEqual(two);
  await expect(mirrors.refresh(refOf(source), gone, 'main', one.commit)).rejects.toThrow();
  expect([one.commit, two.commit]).toEqual([first, second]);
  const reader = createTreeReader({ git });
  const changes = await reader.changes(two.gitDir, one.commit, two.commit);
  expect(changes?.map(({ status, path }) => `${status} ${path}`)).toEqual([
    'deleted a.ts',
    'modified b.ts',
    'added c.ts',
  ]);
  expect(await reader.changes(two.gitDir, '1'.repeat(40), two.commit)).toBeNull();
  reader.close();
});

test('two refreshes of one repository at once both succeed', async () => {
  const source = sampleRepository({ 'a.ts': 'a\n' });
  const mirrors = mirrorsIn(temporaryFolder());
  const both = await Promise.all(
    [1, 2].map(async () => await mirrors.refresh(refOf(source), remoteOf(source), 'main')),
  );
  expect(both[0]).toEqual(both[1]);
});

test('locks left by a killed fetch are removed', async () => {
  const source = sampleRepository({ 'a.ts': 'a\n' });
  const mirrors = mirrorsIn(temporaryFolder());
  const { gitDir } = await mirrors.refresh(refOf(source), remoteOf(source), 'main');
  writeFileSync(path.join(gitDir, 'shallow.lock'), '');
  writeFileSync(path.join(gitDir, 'refs/cms/heads/main.lock'), '');
  source.write({ 'a.ts': 'b\n' });
  const commit = source.commit();
  expect((await mirrors.refresh(refOf(source), remoteOf(source), 'main')).commit).toBe(commit);
});

test('an empty repository, a missing branch and a missing folder are told apart', async () => {
  const mirrors = mirrorsIn(temporaryFolder());
  const empty = sampleRepository();
  await expect(mirrors.refresh(refOf(empty), remoteOf(empty), 'main')).rejects.toMatchObject({
    code: 'repository_empty',
  });
  const source = sampleRepository({ 'a.ts': 'a\n' });
  await expect(mirrors.refresh(refOf(source), remoteOf(source), 'nope')).rejects.toMatchObject({
    code: 'branch_not_found',
  });
  const gone = { url: '/nonexistent/x', env: {} };
  await expect(
    mirrors.refresh({ host: 'local', name: '/nonexistent/x' }, gone, 'main'),
  ).rejects.toMatchObject({ code: 'repository_not_found' });
});

/** Looks at the arguments of all processes in which git is at work. */
const wanted = Number(process.env['ARGUMENT_SAMPLES'] ?? '40');

describe('a server that answers something else than git', () => {
  let emulator: GithubEmulator;
  beforeEach(async () => {
    emulator = await createGithubEmulator();
    emulator.addUser('bot', { token: 'bot-token' });
    const roles = { bot: 'write' } as const;
    await emulator.addRepository({ fullName: 'acme/w', files: { 'a.ts': 'a\n' }, roles });
  });
  afterEach(() => emulator.close());
  const ref = { host: 'github', name: 'acme/w' } as const;
  const remote = () => ({
    url: `${emulator.serverUrl}/acme/w.git`,
    env: {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `http.${emulator.serverUrl}/.extraHeader`,
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from('x:bot-token').toString('base64')}`,
    },
  });
  const strange = { kind: 'unavailable', code: 'git_answer_unreadable' };

  test(
    'the token stands in no argument of any process and in no file of the mirror while it is fetched',
    async () => {
      const needles = ['bot-token', Buffer.from('x:bot-token').toString('base64')];
      const folder = temporaryFolder();
      const mirrors = mirrorsIn(folder);
      const over = new AbortController();
      const fetching = (async () => {
        while (!over.signal.aborted) {
          await mirrors.refresh(ref, remote(), 'main');
        }
      })();
      const seen = new Set<string>();
      let samples = 0;
      let withGit = 0;
      while (withGit < wanted) {
        const lines = readdirSync('/proc')
          .filter((name) => /^\d+$/u.test(name))
          .map(argumentsOf);
        samples += 1;
        if (lines.some((line) => /(?:^|\/)git\0.*fetch/u.test(line))) withGit += 1;
        for (const line of lines)
          if (needles.some((needle) => line.includes(needle))) seen.add(line);
        await delay(1);
      }
      over.abort();
      await fetching;
      expect(samples).toBeGreaterThanOrEqual(wanted);
      expect([...seen]).toEqual([]);
      const kept = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'));
      expect(kept.filter((text) => needles.some((needle) => text.includes(needle)))).toEqual([]);
    },
    60_000 + wanted * 3000,
  );

  test.each(['html', 'garbage'] as const)(
    '%s with status 200 says nothing about branches',
    async (kind) => {
      const push = createGitPush({ git });
      emulator.faults.add({ kind, match: { path: /info\/refs/u, times: 100 } });
      await expect(push.remoteRef(remote(), 'main')).rejects.toMatchObject(strange);
      await expect(push.branches(remote())).rejects.toMatchObject(strange);
      const mirrors = mirrorsIn(temporaryFolder());
      await expect(mirrors.refresh(ref, remote(), 'main')).rejects.toMatchObject(strange);
    },
  );

  test('a branch is fetched though one answer was strange, and missing only when git says so', async () => {
    const mirrors = mirrorsIn(temporaryFolder());
    emulator.faults.add({ kind: 'html', match: { path: /info\/refs/u } });
    const { commit } = await mirrors.refresh(ref, remote(), 'main');
    const push = createGitPush({ git });
    expect(await push.remoteRef(remote(), 'main')).toBe(commit);
    expect(await push.remoteRef(remote(), 'nope')).toBeNull();
    await expect(mirrors.refresh(ref, remote(), 'nope')).rejects.toMatchObject({
      code: 'branch_not_found',
    });
  });

  test('403 without a word may pass, with the words of the host it is a refusal', async () => {
    const push = createGitPush({ git });
    emulator.faults.add({ kind: 'status', status: 403, match: { path: /info\/refs/u } });
    await expect(push.remoteRef(remote(), 'main')).rejects.toMatchObject({ kind: 'unavailable' });
    const wrong = Buffer.from('x:nobody').toString('base64');
    const env = { ...remote().env, GIT_CONFIG_VALUE_0: `Authorization: Basic ${wrong}` };
    const stranger = { ...remote(), env };
    await expect(push.remoteRef(stranger, 'main')).rejects.toMatchObject({ kind: 'forbidden' });
  });
});

test('candidates are the regular files with a word, UTF-16 ones too, attributes first', async () => {
  const source = sampleRepository({
    'a.ts': '// TODO: one\n',
    'none.ts': 'TODOS\n',
    'dir/wide.cs': Buffer.from('\ufeff// TODO: wide\n', 'utf16le'),
    'dir/.gitattributes': '*.x linguist-generated\n',
    'new\nline.ts': '// FIXME x\n',
  });
  source.git(
    'update-index',
    '--add',
    '--cacheinfo',
    `120000,${source.git('hash-object', '-w', 'a.ts')},link.ts`,
  );
  source.git('commit', '-q', '-m', 'link');
  const reader = createTreeReader({ git });
  const gitDir = path.join(source.folder, '.git');
  const head = await reader.resolve(gitDir, 'HEAD');
  const found = await listOf(reader.candidates(gitDir, head ?? '', ['TODO', 'FIXME']));
  expect(found.map(({ path }) => path)).toEqual([
    'dir/.gitattributes',
    'a.ts',
    'dir/wide.cs',
    'new\nline.ts',
  ]);
  expect(Buffer.from(found[1]?.bytes ?? []).toString()).toBe('// TODO: one\n');
  reader.close();
});

const any = {
  wanted: () => true,
  never: [],
  unlikely: { folders: [], endings: [] },
  reopens: () => false,
};

test('which files are wanted is asked after the attributes were taken, of few files and of many', async () => {
  const names = Array.from({ length: 300 }, (_, at) => `dir${at % 3}/${at}.ts`);
  const source = sampleRepository({
    ...Object.fromEntries(names.map((name) => [name, '// TODO: one\n'])),
    'dir1/.gitattributes': '*.ts linguist-vendored\n',
  });
  const reader = createTreeReader({ git });
  const gitDir = path.join(source.folder, '.git');
  const head = (await reader.resolve(gitDir, 'HEAD')) ?? '';
  const given = names.map((path) => ({ path, oid: null }));
  const looks = [
    (wanted: (path: string) => boolean) =>
      reader.candidates(gitDir, head, ['TODO'], { ...any, wanted }),
    (wanted: (path: string) => boolean) => reader.read(gitDir, head, given, wanted),
    (wanted: (path: string) => boolean) => reader.read(gitDir, head, given.slice(0, 9), wanted),
  ];
  for (const [at, look] of looks.entries()) {
    let asked = 0;
    let learned = false;
    const read: string[] = [];
    const files = look((path) => {
      asked += 1;
      expect(learned).toBe(true);
      return !path.startsWith('dir1/');
    });
    for await (const { path } of files) {
      if (path.endsWith('.gitattributes')) learned = true;
      else read.push(path);
    }
    expect(asked).toBe(at === 2 ? 9 : 300);
    expect(read).toHaveLength(at === 2 ? 6 : 200);
    expect(read.every((path) => !path.startsWith('dir1/'))).toBe(true);
  }
  reader.close();
});

test('a blob above the limit is left out', async () => {
  const source = sampleRepository({
    'big.ts': `// TODO ${'x'.repeat(5000)}\n`,
    'small.ts': '// TODO\n',
  });
  const reader = createTreeReader({ git, maxFileBytes: 1000 });
  const found = await listOf(reader.candidates(path.join(source.folder, '.git'), 'HEAD', ['TODO']));
  expect(found.map(({ path }) => path)).toEqual(['small.ts']);
  reader.close();
});

test('a push is made once, adopted the second time, refused when somebody moved the branch', async () => {
  const source = sampleRepository({ 'a.ts': 'a\n' });
  const base = source.git('rev-parse', 'HEAD');
  source.write({ 'a.ts': 'b\n' });
  const sha = source.commit();
  const bare = temporaryFolder();
  execFileSync('git', ['init', '-q', '--bare', bare]);
  const push = createGitPush({ git });
  const remote = { url: bare, env: {} };
  const request = {
    gitDir: path.join(source.folder, '.git'),
    sha,
    branch: 'claude-manager/x',
    expected: null,
    remote,
  };
  expect(await push.push(request)).toBe('pushed');
  expect(await push.push(request)).toBe('adopted');
  expect(await push.remoteRef(remote, 'claude-manager/x')).toBe(sha);
  expect([...(await push.branches(remote)).keys()]).toEqual(['claude-manager/x']);
  await expect(push.push({ ...request, sha: base })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'branch_moved',
  });
  await expect(
    push.push({ ...request, sha: base, remote: { url: '/nonexistent', env: {} } }),
  ).rejects.toMatchObject({ kind: 'unknown_outcome' });
});

test('a merge makes a commit on a branch that nobody has checked out', async () => {
  const source = sampleRepository({ 'a.ts': 'a\n' });
  source.git('checkout', '-q', '-b', 'work');
  source.write({ 'b.ts': 'b\n' });
  source.commit();
  const merge = {
    folder: source.folder,
    base: 'main',
    head: 'work',
    message: 'Merge work',
    author: { name: 'Bot', email: 'b@x', date: new Date(0) },
  };
  const push = createGitPush({ git });
  const commit = await push.merge(merge);
  expect(source.git('rev-parse', 'main')).toBe(commit);
  expect(source.git('show', 'main:b.ts')).toBe('b');
  await expect(push.merge({ ...merge, base: 'work', head: 'main' })).rejects.toMatchObject({
    code: 'branch_checked_out',
  });
});

test('texts that clash are a conflict that names the files', async () => {
  const source = sampleRepository({ 'a.ts': 'a\n' });
  source.git('checkout', '-q', '-b', 'work');
  source.write({ 'a.ts': 'b\n' });
  source.commit();
  source.git('checkout', '-q', 'main');
  source.write({ 'a.ts': 'c\n' });
  source.commit();
  source.git('checkout', '-q', '--detach');
  const push = createGitPush({ git });
  const merge = {
    folder: source.folder,
    base: 'main',
    head: 'work',
    message: 'm',
    author: { name: 'Bot', email: 'b@x', date: new Date(0) },
  };
  await expect(push.merge(merge)).rejects.toMatchObject({
    code: 'merge_conflict',
    details: { paths: ['a.ts'] },
  });
});

test('mirrors beyond the size are dropped, the one not fetched into for longest first, and fetched again when asked for', async () => {
  const root = temporaryFolder();
  const sources = ['one', 'two'].map((name) => sampleRepository({ 'a.ts': `// TODO: ${name}\n` }));
  let minutes = 0;
  const clock = { ...systemClock, now: () => new Date(Date.now() + minutes * 60_000) };
  const mirrors = createMirrors({ git, clock, root, maxBytes: 1 });
  const refresh = async (at: number) => {
    const remote = { url: sources[at]?.folder ?? '', env: {} };
    return await mirrors.refresh({ host: 'local', name: `mirror-${at}` }, remote, 'main');
  };
  const first = await refresh(0);
  expect(existsSync(first.gitDir)).toBe(true);
  const old = new Date(Date.now() - 7_200_000);
  utimesSync(path.join(first.gitDir, 'cms-fetch'), old, old);
  minutes = 11;
  const second = await refresh(1);
  expect([existsSync(first.gitDir), existsSync(second.gitDir)]).toEqual([false, true]);
  minutes = 22;
  expect(await refresh(0)).toEqual(first);
});

test('a server that says nothing is left at the deadline, by everything that git started too', async () => {
  let isLeft = false;
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('close', () => {
        isLeft = true;
      });
    socket.resume();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const mirrors = createMirrors({
    git,
    clock: systemClock,
    root: temporaryFolder(),
    deadlineMs: 500,
  });
  const remote = { url: `http://127.0.0.1:${port}/acme/silent.git`, env: {} };
  await expect(
    mirrors.refresh({ host: 'local', name: 'silent' }, remote, 'main'),
  ).rejects.toMatchObject({ kind: 'timeout', code: 'git_deadline' });
  await expect.poll(() => isLeft, { timeout: 30_000 }).toBe(true);
  server.close();
});

/** With a NUL behind each; nothing of a process that has ended. */
function argumentsOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
