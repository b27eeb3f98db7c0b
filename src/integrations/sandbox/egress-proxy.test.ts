import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EgressRefusal } from '../../domain/egress-refusal.ts';
import { type EgressProxy, startEgressProxy } from './egress-proxy.ts';
import { createEgressRules } from './egress-rules.ts';
import { readGreeting } from './tls-names.ts';

/** What a client of TLS says first, as the TLS of Node says it. */
async function helloOf(servername: string): Promise<Buffer> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  const client = connectTls({ host: '127.0.0.1', port, servername });
  client.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  server.close();
  return hello;
}

/** The same in records of so many bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.from([0x16, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(records);
}

describe('a tunnel to a host of the list', () => {
  let folder = '';
  let proxy: EgressProxy;
  let server: Server;
  let port = 0;
  let arrived: Buffer[] = [];
  let refusals: EgressRefusal[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cms-ep-'));
    server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.write('who is there?');
      socket.on('data', (data) => arrived.push(data));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as { port: number }).port;
    const rules = createEgressRules([`allowed.test:${port}`, `127.0.0.1:${port}`], async () => [
      '127.0.0.1',
    ]);
    proxy = await startEgressProxy({ path: join(folder, 's') }, rules, (refusal) =>
      refusals.push(refusal),
    );
  });
  afterAll(async () => {
    await proxy.close();
    server.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  beforeEach(() => {
    arrived = [];
    refusals = [];
  });

  const open = async (host: string): Promise<Socket> => {
    const path = `${host}:${port}`;
    const asked = request({ socketPath: join(folder, 's'), method: 'CONNECT', path }).end();
    const [, socket, head] = (await once(asked, 'connect')) as [unknown, Socket, Buffer];
    socket.on('error', () => undefined).unshift(head);
    return socket;
  };

  it.each([
    ['its own name', 'allowed.test', 'Allowed.test'],
    ['no name', 'allowed.test', ''],
    ['no name of an address', '127.0.0.1', ''],
  ])('takes a greeting with %s, whatever pieces it comes in', async (_what, host, name) => {
    const hello = await helloOf(name);
    for (const sent of [hello, inRecords(hello, 400)]) {
      arrived = [];
      const socket = await open(host);
      socket.write(sent.subarray(0, 3));
      await new Promise((resolve) => setImmediate(resolve));
      socket.write(sent.subarray(3));
      await expect.poll(() => Buffer.concat(arrived).equals(sent)).toBe(true);
      socket.destroy();
    }
    expect(refusals).toEqual([]);
  });

  it.each([
    ['another name', 'fronted.test', (hello: Buffer) => hello],
    ['another name over several records', 'fronted.test', (hello: Buffer) => inRecords(hello, 300)],
    ['a name below it', 'x.allowed.test', (hello: Buffer) => hello],
    ['a record in a thousand pieces', 'fronted.test', (hello: Buffer) => inRecords(hello, 1)],
    ['lengths that lie', 'allowed.test', (hello: Buffer) => Buffer.from(hello).fill(0xff, 43, 60)],
  ])('refuses a greeting with %s, sends nothing of it, and tells', async (_what, name, change) => {
    const socket = await open('allowed.test');
    const closed = once(socket.resume(), 'close');
    socket.write(change(await helloOf(name)));
    await closed;
    expect(Buffer.concat(arrived).toString('latin1')).toBe('');
    expect(refusals).toEqual([
      {
        host: 'allowed.test',
        port,
        attempts: 1,
        why: expect.stringMatching(/"(fronted|x\.allowed)\.test" instead|no TLS that can be read/u),
      },
    ]);
  });

  it('lets what is no TLS through as it comes, and a server speak first', async () => {
    const socket = await open('allowed.test');
    expect(String((await once(socket, 'data'))[0])).toBe('who is there?');
    socket.write('SSH-2.0-x\r\n');
    await expect.poll(() => Buffer.concat(arrived).toString()).toBe('SSH-2.0-x\r\n');
    socket.destroy();
    expect(refusals).toEqual([]);
  });
});

it('no greeting, however it was changed or cut, does more than to be unfinished or broken', async () => {
  const hello = await helloOf('allowed.test');
  expect(readGreeting(hello)).toEqual({ kind: 'hello', names: ['allowed.test'] });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { maxLength: 8 }),
      fc.nat(hello.length),
      (changes, length) => {
        const other = Buffer.from(hello.subarray(0, length));
        for (const [at, byte] of changes) if (at < length) other[at] = byte;
        expect(['unfinished', 'plain', 'broken', 'hello']).toContain(readGreeting(other).kind);
        if (changes.length === 0 && length < hello.length)
          expect(readGreeting(other)).toEqual({ kind: 'unfinished' });
      },
    ),
    { numRuns: 2000 },
  );
});
