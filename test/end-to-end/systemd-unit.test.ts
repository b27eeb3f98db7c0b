import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { program, programEnv } from '../support/program.ts';

const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(s.recv(4096).decode().replace("\\n", " "), flush=True)
`;

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

  const notify = join(folder, 'notify');
  const listening = spawn('python3', ['-c', receiver, notify]);
  let heard = '';
  listening.stdout.on('data', (data: Buffer) => (heard += data.toString()));
  const held = createServer().listen(0, '127.0.0.1');
  await once(held, 'listening');
  const { port } = held.address() as AddressInfo;
  const { fd } = (held as unknown as { readonly _handle: { readonly fd: number } })._handle;
  await expect.poll(() => heard, { timeout: 120_000 }).toContain('bound');
  // As systemd hands them over: the socket for the process that becomes the service.
  const service = spawn(
    'sh',
    ['-c', 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', 'sh', process.execPath, program]
      .concat('--config', config, typed.split(' '))
      .concat('--port', String(port)),
    {
      cwd: folder,
      env: programEnv(folder, { NOTIFY_SOCKET: notify }),
      stdio: ['ignore', 'ignore', 'ignore', fd],
    },
  );
  const ended = once(service, 'exit');
  try {
    await expect.poll(() => heard, { timeout: 120_000 }).toContain('READY=1');
    expect(heard).toContain(`MAINPID=${service.pid}`);
    service.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await expect.poll(() => heard, { timeout: 120_000 }).toContain('STOPPING=1');
  } finally {
    service.kill('SIGKILL');
    listening.kill();
    held.close();
  }
}, 420_000);
