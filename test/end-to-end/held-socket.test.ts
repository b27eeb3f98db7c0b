import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { descriptorOf, withSockets } from '../support/handed-over.ts';
import { startHeldService } from '../support/held-service.ts';
import { program, programEnv } from '../support/program.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-held-'));
  await writeFile(join(folder, 'config.json'), '{ "repositories": [{ "match": "./r" }] }');
});
afterAll(async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }));

test('while a service that was killed is started anew on a held socket, whoever connects waits and is answered; no program of the service holds the socket', async () => {
  const port = await freePort();
  const service = await startHeldService({ folder, env: {} }, port);
  try {
    const first = service.pid();
    expect(await holdersOf(port)).toContain(first);
    expect(await holdersOf(port)).toHaveLength(2);
    process.kill(first, 'SIGKILL');
    const asked = Array.from({ length: 50 }, () => fetch(`${service.address}/livez`));
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(service.pid()).not.toBe(first);
    expect(await holdersOf(port)).toHaveLength(2);
  } finally {
    await service.stop();
  }
}, 420_000);

test.each<[string, string, readonly string[], string, number, string]>([
  ['another port', '127.0.0.1', ['--port', '1'], '1', 4, 'socket_differs'],
  [
    'every address, where sessions are off for this machine alone',
    '0.0.0.0',
    ['--no-security'],
    '1',
    4,
    'socket_differs',
  ],
  ['one of two', '127.0.0.1', [], '2', 2, 'sockets_unclear'],
])(
  'a held socket on %s is refused, with what to correct',
  async (_what, host, words, count, exit, code) => {
    const held = createServer().listen(0, host);
    await once(held, 'listening');
    try {
      const said = await startOn(held, count, words);
      expect(said.code).toBe(exit);
      expect(JSON.parse(said.out)).toMatchObject({ error: { code } });
      expect(said.out).toContain('ListenStream=');
    } finally {
      held.close();
    }
  },
  420_000,
);

async function startOn(
  held: Server,
  count: string,
  words: readonly string[],
): Promise<{ readonly code: number | null; readonly out: string }> {
  const { port } = held.address() as AddressInfo;
  const asked = ['--json', 'start', '--port', String(port), ...words];
  const [shell, ...typed] = withSockets([process.execPath, program, ...asked], count);
  const child = spawn(shell, typed, {
    cwd: folder,
    env: programEnv(folder),
    stdio: ['ignore', 'pipe', 'pipe', descriptorOf(held)],
  });
  const [out] = await Promise.all([text(child.stdout as never), once(child, 'exit')]);
  return { code: child.exitCode, out };
}

/** The processes that have the socket open that listens on the port. */
async function holdersOf(port: number): Promise<readonly number[]> {
  const table = await readFile('/proc/net/tcp', 'utf8');
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const line = table
    .split('\n')
    .find((one) => new RegExp(`:${hex} 00000000:0000 0A`, 'u').test(one));
  const socket = `socket:[${line?.trim().split(/\s+/u)[9]}]`;
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/u.test(name))) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const targets = descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''));
    if ((await Promise.all(targets)).includes(socket)) found.push(Number(pid));
  }
  return found;
}
