import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createConnection, type Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { addressList } from '../../platform/ratelimit/client-address.ts';
import { type ConnectionLimits, limitConnections } from './limit-connections.ts';

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
  const { server, told } = await serverWith({});
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
