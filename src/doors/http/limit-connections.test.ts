import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createConnection, type Socket } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { fastify } from 'fastify';
import { afterEach, expect, test, vi } from 'vitest';
import { addressList } from '../../platform/ratelimit/client-address.ts';
import {
  type ConnectionLimits,
  limitConnections,
  limitRequestsAhead,
  maxRequestsAhead,
} from './limit-connections.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0).toReversed()) close();
});

async function serverWith(limits: Partial<ConnectionLimits>): Promise<{
  readonly server: Server;
  readonly told: string[];
}> {
  const server = createServer((_request, response) => response.end('here'));
  const told: string[] = [];
  limitConnections(
    server,
    { maxConnections: 1000, maxConnectionsPerAddress: 3, free: addressList([]), ...limits },
    (source) => void told.push(source),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, told };
}

/** A connection from an address of this machine, and whether it is answered. */
async function connect(
  server: Server,
  localAddress = '127.0.0.1',
): Promise<{ readonly socket: Socket; readonly isAnswered: boolean }> {
  const { port } = server.address() as AddressInfo;
  const socket = createConnection({ host: '127.0.0.1', port, localAddress });
  socket.on('error', () => undefined);
  open.push(() => socket.destroy());
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  const isAnswered = await new Promise<boolean>((resolve) => {
    socket.once('data', () => resolve(true));
    socket.once('close', () => resolve(false));
  });
  return { socket, isAnswered };
}

const answered = async (server: Server, address?: string): Promise<boolean> =>
  (await connect(server, address)).isAnswered;

test('one address holds so many connections and no more, which takes nothing from another', async () => {
  const { server, told } = await serverWith({ maxConnectionsPerAddress: 3 });
  const first = [await connect(server), await connect(server), await connect(server)];
  expect(first.map(({ isAnswered }) => isAnswered)).toEqual([true, true, true]);
  expect([await answered(server), await answered(server)]).toEqual([false, false]);
  expect(await answered(server, '127.0.0.2')).toBe(true);
  expect(told).toEqual(['127.0.0.1']);
});

test('a connection that ends makes room, and who comes to the limit again is told of again', async () => {
  const { server, told } = await serverWith({ maxConnectionsPerAddress: 1 });
  const { socket } = await connect(server);
  expect(await answered(server)).toBe(false);
  socket.destroy();
  await vi.waitFor(async () => expect(await answered(server)).toBe(true), { timeout: 60_000 });
  expect(await answered(server)).toBe(false);
  expect(told.length).toBeGreaterThanOrEqual(2);
});

test('whoever is free of it, as this machine and a trusted proxy are, holds as many as it wants', async () => {
  const { server, told } = await serverWith({ free: addressList(['127.0.0.0/8']) });
  for (let count = 0; count < 8; count += 1) expect(await answered(server)).toBe(true);
  expect(told).toEqual([]);
});

/** Sends so many requests in one piece over one connection; answers how many were handled and what came back. */
async function sendAhead(count: number): Promise<{ handled: number; answers: number }> {
  const app = fastify();
  limitRequestsAhead(app);
  let handled = 0;
  app.get('/', async () => {
    handled += 1;
    // Later than the rest of the piece is read.
    await new Promise((resolve) => setImmediate(resolve));
    return 'here';
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  open.push(() => void app.close());
  const { port } = app.server.address() as AddressInfo;
  const socket = createConnection({ host: '127.0.0.1', port });
  const lines = 'GET / HTTP/1.1\r\nhost: localhost\r\n';
  socket.write(`${`${lines}\r\n`.repeat(count - 1)}${lines}connection: close\r\n\r\n`);
  const said = await readAll(socket).catch(() => '');
  return { handled, answers: said.match(/HTTP\/1\.1 200/gu)?.length ?? 0 };
}

test('a connection that asks a few requests ahead gets all answers in their order', async () => {
  expect(await sendAhead(maxRequestsAhead)).toEqual({
    handled: maxRequestsAhead,
    answers: maxRequestsAhead,
  });
});

test('one that asks hundreds ahead ends, and what it asked for beyond the few is not worked at', async () => {
  expect(await sendAhead(500)).toEqual({ handled: maxRequestsAhead, answers: 0 });
});
