import type { AddressInfo } from 'node:net';
import type { FastifyInstance, FastifyListenOptions } from 'fastify';
import { AppError } from '../../lib/app-error.ts';
import type { HttpSettings } from './settings.ts';

/**
 * Answers the address. A socket that the supervisor holds must be the one that the configuration names, because who may
 * reach the server is checked against that. Throws AppError `unavailable` code `port_taken`, `address_unusable` or
 * `socket_differs`.
 */
export async function listen(
  app: Pick<FastifyInstance, 'listen' | 'server'>,
  { host, port, inheritedSocket }: Pick<HttpSettings, 'host' | 'port' | 'inheritedSocket'>,
): Promise<string> {
  if (inheritedSocket !== null) return await takeOver(app, { host, port, inheritedSocket });
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    throw new AppError({
      kind: 'unavailable',
      code: isTaken ? 'port_taken' : 'address_unusable',
      message: isTaken
        ? `Port ${port} on ${host} is in use by another program.`
        : `The server cannot listen on ${host} port ${port}.`,
      next: isTaken
        ? 'Choose another one with --port or server.port (0 takes any free one), or end that program.'
        : 'Correct server.host and server.port in the configuration.',
      cause,
    });
  }
}

async function takeOver(
  app: Pick<FastifyInstance, 'listen' | 'server'>,
  asked: { readonly host: string; readonly port: number; readonly inheritedSocket: number },
): Promise<string> {
  // Node takes the descriptor before all else; the host only keeps the framework from binding another address as well.
  const where: FastifyListenOptions & { fd: number } = {
    fd: asked.inheritedSocket,
    host: '127.0.0.1',
  };
  const address = await app.listen(where).catch((cause: unknown) => {
    throw differs(asked, 'cannot be listened on', cause);
  });
  const held = app.server.address();
  if (!isAddress(held)) throw differs(asked, 'is no TCP socket');
  const isHost =
    asked.host === 'localhost' ? isLoopback(held.address) : held.address === asked.host;
  if (isHost && (asked.port === 0 || asked.port === held.port)) return address;
  throw differs(asked, `is ${held.address} port ${held.port}`);
}

function differs(
  { host, port }: Pick<HttpSettings, 'host' | 'port'>,
  what: string,
  cause?: unknown,
): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'socket_differs',
    message: `The socket that the supervisor holds ${what}, and the configuration says ${host} port ${port}.`,
    next: 'Give ListenStream= of the socket unit and server.host with server.port the same address, then start the socket unit anew.',
    cause,
  });
}

function isAddress(held: string | AddressInfo | null): held is AddressInfo {
  return held !== null && typeof held === 'object';
}

function isLoopback(address: string): boolean {
  return address === '127.0.0.1' || address === '::1';
}
