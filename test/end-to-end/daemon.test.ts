import { execFile } from 'node:child_process';
import { access, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { program, programEnv } from '../support/program.ts';

let folder = '';

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-daemon-'));
  await writeFile(join(folder, 'config.json'), '{ "repositories": [{ "match": "./r" }] }');
});
// A test that failed halfway leaves its service to nobody.
afterEach(async () => {
  await manager('stop');
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function manager(...words: readonly string[]): Promise<Said> {
  const env = programEnv(folder);
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...words], { cwd: folder, env }, (error, out, err) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
      resolve({ code, out, err });
    });
  });
}

test('a detached service answers, is found and ended by its pid, keeps its link out of every log, and refuses a second', async () => {
  const started = await manager('start', '--mode', 'daemon', '--port', '0');
  expect(started.err).toBe('');
  const [, pid, address] = /process (\d+) on (http:\S+)\./u.exec(started.out) ?? [];
  expect((await fetch(`${address}/livez`)).status).toBe(200);
  const pidFile = join(folder, '.claude-manager', 'service.pid');
  expect((await readFile(pidFile, 'utf8')).trim()).toBe(pid);
  expect((await manager('status', '--format', 'summary')).out).toContain(`process ${pid} on`);
  // A service that has just started on a busy machine may need longer than its figures are waited for.
  await expect
    .poll(async () => (await manager('metrics', '--output', 'now', '--no-history')).err, {
      timeout: 60_000,
    })
    .toContain(String(address));

  const second = await manager('start', '--mode', 'daemon', '--port', '0');
  expect(second.code).toBe(4);
  expect(second.err).toContain(`A service runs on this data folder already (process ${pid}`);
  expect((await readFile(pidFile, 'utf8')).trim()).toBe(pid);

  const [, token = 'none'] = /#token=(\S+)/u.exec(started.out) ?? [];
  expect(token).toMatch(/^[\w-]{40,}$/u);
  for (const name of ['daemon.log', 'application.json', 'security.json'])
    expect(await readFile(join(folder, 'logs', name), 'utf8')).not.toContain(token);
  expect((await stat(join(folder, 'logs', 'daemon.log'))).mode & 0o777).toBe(0o600);

  expect((await manager('stop')).out).toContain(`Stopped the service (process ${pid})`);
  await expect(access(pidFile)).rejects.toThrow('ENOENT');
  expect((await manager('status', '--format', 'summary')).out).toContain('not running');
}, 420_000);

test('a service that cannot start detached says why, as it would in the foreground', async () => {
  await writeFile(join(folder, 'wrong.json'), '{ "executor": { "default": "nobody" } }');
  const said = await manager('--config', 'wrong.json', 'start', '--mode', 'daemon', '--port', '0');
  expect(said.code).toBe(2);
  expect(said.err).toContain('wrong.json:1:28  executor.default: there is no agent "nobody"');
  expect((await manager('start', '--mode', 'daemon', '--once')).code).toBe(2);
  const unasked = await manager(
    '--config',
    'wrong.json',
    '--no-validate-config',
    'start',
    '--once',
  );
  expect(`${unasked.code} ${unasked.err}`).toBe('0 ');
}, 420_000);
