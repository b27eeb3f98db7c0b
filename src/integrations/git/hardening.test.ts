import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GitRemote } from '../../domain/ports/code-host.ts';
import { systemClock } from '../../lib/clock.ts';
import { createGit, type GitDeps } from './git.ts';
import { createMirrors } from './mirrors.ts';
import { createGitPush } from './push.ts';
import { sampleRepository, temporaryFolder } from './sample-repository.suite.ts';

const refresh = async (
  remote: GitRemote,
  environment: GitDeps['environment'] = process.env,
  program = 'git',
) => {
  const git = createGit({ environment, program });
  const root = path.join(temporaryFolder(), 'mirrors');
  const mirrors = createMirrors({ git, clock: systemClock, root });
  return {
    git,
    mirror: await mirrors.refresh({ host: 'local', name: remote.url }, remote, 'main'),
  };
};

/** A program that writes down how it was started and then is git. */
function recordingGit(): { readonly program: string; readonly calls: () => readonly Call[] } {
  const folder = temporaryFolder();
  const [program, record] = [path.join(folder, 'git'), path.join(folder, 'record')];
  const script = `#!/bin/sh
{ printf 'arg %s\\n' "$@"; env | sed 's/^/env /'; echo end; } >> '${record}'
exec git "$@"
`;
  writeFileSync(program, script, { mode: 0o755 });
  return {
    program,
    calls: () =>
      readFileSync(record, 'utf8')
        .split('end\n')
        .filter(Boolean)
        .map((text) => {
          const lines = (kind: string) =>
            text
              .split('\n')
              .filter((line) => line.startsWith(`${kind} `))
              .map((line) => line.slice(kind.length + 1));
          return { args: lines('arg'), env: lines('env') };
        }),
  };
}

interface Call {
  readonly args: readonly string[];
  readonly env: readonly string[];
}

describe('a repository that is not what it should be', () => {
  test('is refused when one of its objects is corrupt in a way that could do harm', async () => {
    const source = sampleRepository({ 'a.ts': 'a\n' });
    const blob = source.git('rev-parse', 'HEAD:a.ts');
    writeFileSync(
      path.join(source.folder, 'tree'),
      Buffer.concat([Buffer.from('100644 .git\0'), Buffer.from(blob, 'hex')]),
    );
    const write = ['hash-object', '-t', 'tree', '--literally', '-w', 'tree'];
    const commit = source.git('commit-tree', '-m', 'bad', source.git(...write));
    source.git('update-ref', 'refs/heads/main', commit);
    await expect(refresh({ url: source.folder, env: {} })).rejects.toMatchObject({
      code: 'git_failed',
      message: expect.stringContaining('.git'),
    });
  });

  test.each(['ext', 'ssh', 'git', 'fd'])(
    'is not reached by the transport %s',
    async (transport) => {
      const trap = path.join(temporaryFolder(), 'fired');
      const url =
        transport === 'ext'
          ? `ext::sh -c touch% ${trap}`
          : transport === 'fd'
            ? 'fd::17'
            : `${transport}://127.0.0.1:9/x.git`;
      await expect(
        refresh({ url, env: { GIT_SSH_COMMAND: `touch ${trap}` } }),
      ).rejects.toMatchObject({
        code: 'git_failed',
        message: expect.stringContaining(`transport '${transport}' not allowed`),
      });
      expect(existsSync(trap)).toBe(false);
    },
  );
});

test('nothing that the machine or the person says of git is heard', async () => {
  const home = temporaryFolder();
  writeFileSync(path.join(home, '.gitconfig'), '[cms]\n\tsays = home\n');
  writeFileSync(path.join(home, 'said'), '[cms]\n\tsays = global\n');
  const environment = {
    ...process.env,
    HOME: home,
    XDG_CONFIG_HOME: home,
    GIT_CONFIG_GLOBAL: path.join(home, 'said'),
    GIT_CONFIG_SYSTEM: path.join(home, 'said'),
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'cms.says',
    GIT_CONFIG_VALUE_0: 'variable',
  };
  const git = createGit({ environment });
  const { code, stdout } = await git.run(['config', '--get-all', 'cms.says'], { accept: [0, 1] });
  expect([code, stdout.toString()]).toEqual([1, '']);
});

test('each git is started so that it asks nobody, reads no configuration of others and checks what comes', async () => {
  const source = sampleRepository({ 'a.ts': 'a\n' });
  const { program, calls } = recordingGit();
  const remote = { url: source.folder, env: {} };
  const { git, mirror } = await refresh(remote, process.env, program);
  await createGitPush({ git }).remoteRef(remote, 'main');
  expect(mirror.commit).toBe(source.git('rev-parse', 'HEAD'));
  const all = calls();
  expect(all.length).toBeGreaterThanOrEqual(3);
  for (const { args, env } of all) {
    expect(env).toEqual(
      expect.arrayContaining([
        'GIT_TERMINAL_PROMPT=0',
        'GIT_ASKPASS=/bin/false',
        'GIT_CONFIG_NOSYSTEM=1',
        'GIT_CONFIG_GLOBAL=/dev/null',
        'GIT_ATTR_NOSYSTEM=1',
        'GIT_LFS_SKIP_SMUDGE=1',
        'GIT_NO_LAZY_FETCH=1',
        'HOME=/nonexistent',
      ]),
    );
    expect(args).toEqual(
      expect.arrayContaining([
        'transfer.fsckObjects=true',
        'fetch.recurseSubmodules=false',
        'submodule.recurse=false',
        'core.hooksPath=/dev/null',
        'core.fsmonitor=false',
        'credential.helper=',
      ]),
    );
    expect(env.filter((line) => line.startsWith('GIT_ALLOW_PROTOCOL='))).toHaveLength(1);
  }
  const fetches = all.filter(({ args }) => args.includes('fetch'));
  expect(fetches.length).toBeGreaterThanOrEqual(1);
  for (const { args, env } of fetches) {
    expect(args).toEqual(
      expect.arrayContaining(['--depth=1', '--no-tags', '--no-recurse-submodules']),
    );
    expect(env).toContain('GIT_ALLOW_PROTOCOL=file');
  }
  const others = all.filter(
    ({ args }) => !args.some((arg) => ['fetch', 'ls-remote'].includes(arg)),
  );
  for (const { env } of others) expect(env).toContain('GIT_ALLOW_PROTOCOL=none');
});
