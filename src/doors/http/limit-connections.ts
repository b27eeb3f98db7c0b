import type { Server } from 'node:http';
import type { Socket } from 'node:net';
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
