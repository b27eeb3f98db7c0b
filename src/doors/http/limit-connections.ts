import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import {
  type AddressList,
  addressGroup,
  clientAddress,
} from '../../platform/ratelimit/client-address.ts';
import type { HttpSettings } from './settings.ts';

export interface ConnectionLimits
  extends Pick<HttpSettings, 'maxConnections' | 'maxConnectionsPerAddress'> {
  /** Whose connections are held by the whole alone: this machine, and trusted proxies, which carry those of others. */
  readonly free: AddressList;
}

/**
 * Drops what is more than all, or one address, may hold open: whoever opens many and reads slowly leaves room for others. A
 * customer's IPv6 network counts as one. `tell` hears of an address when it comes to its limit, and again only once it was
 * below it.
 */
export function limitConnections(
  server: Server,
  limits: ConnectionLimits,
  tell: (source: string) => void,
): void {
  server.maxConnections = limits.maxConnections;
  const held = new Map<string, number>();
  const told = new Set<string>();
  server.on('connection', (socket: Socket) => {
    const { address } = clientAddress(socket.remoteAddress, {}, limits.free);
    if (limits.free.includes(address)) return;
    const source = addressGroup(address);
    const count = held.get(source) ?? 0;
    if (count >= limits.maxConnectionsPerAddress) {
      socket.destroy();
      if (!told.has(source)) tell(source);
      told.add(source);
      return;
    }
    held.set(source, count + 1);
    socket.once('close', () => {
      const left = (held.get(source) ?? 1) - 1;
      told.delete(source);
      if (left > 0) held.set(source, left);
      else held.delete(source);
    });
  });
}

/** Requests of one connection whose answers have not left; browsers send one at a time, and few programs more than ten. */
export const maxRequestsAhead = 16;

/**
 * Ends a connection that asks much ahead of what it takes: what is read of it at once holds a thousand requests, and each
 * answer would be made and kept until the ones before it are read.
 */
export function limitRequestsAhead(app: FastifyInstance): void {
  const ahead = new WeakMap<Socket, number>();
  app.addHook('onRequest', async ({ raw: { socket } }, reply) => {
    const count = (ahead.get(socket) ?? 0) + 1;
    ahead.set(socket, count);
    if (count > maxRequestsAhead) {
      socket.destroy();
      return reply.hijack();
    }
    reply.raw.once('close', () => ahead.set(socket, (ahead.get(socket) ?? 1) - 1));
    return undefined;
  });
}
