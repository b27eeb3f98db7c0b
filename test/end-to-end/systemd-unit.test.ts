import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { descriptorOf, hearNotices, withSockets } from '../support/handed-over.ts';
import { program, programEnv } from '../support/program.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-unit-'));
});
afterAll(async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }));

async function setting(unit: string, key: string): Promise<string> {
  const text = await readFile(new URL(`../../deploy/systemd/${unit}`, import.meta.url), 'utf8');
  return new RegExp(`^${key}=(.*)$`, 'mu').exec(text)?.[1] ?? '';
}

test('the command of the unit stays the main process, takes over the socket of the socket unit, and tells systemd when it is ready and when it stops', async () => {
  expect(await setting('claude-manager.service', 'Type')).toBe('notify');
  const [before, typed = ''] = (await setting('claude-manager.service', 'ExecStart')).split(
    ' --config /etc/claude-manager/config.json ',
  );
  expect(before).toBe('/usr/bin/env claude-manager');
  const config = join(folder, 'config.json');
  await writeFile(config, '{ "repositories": [{ "match": "./r" }] }');

  const socket = join(folder, 'notify');
  const supervisor = await hearNotices(socket);
  const held = createServer().listen(0, '127.0.0.1');
  await once(held, 'listening');
  const { port } = held.address() as AddressInfo;
  const words = ['--config', config, ...typed.split(' '), '--port', String(port)];
  const [shell, ...asked] = withSockets([process.execPath, program, ...words]);
  const service = spawn(shell, asked, {
    cwd: folder,
    env: programEnv(folder, { NOTIFY_SOCKET: socket }),
    stdio: ['ignore', 'ignore', 'ignore', descriptorOf(held)],
  });
  const ended = once(service, 'exit');
  try {
    await expect.poll(() => supervisor.heard(), { timeout: 120_000 }).toContain('READY=1');
    expect(supervisor.heard()).toContain(`MAINPID=${service.pid}`);
    service.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await expect.poll(() => supervisor.heard(), { timeout: 120_000 }).toContain('STOPPING=1');
  } finally {
    service.kill('SIGKILL');
    supervisor.stop();
    held.close();
  }
}, 420_000);
