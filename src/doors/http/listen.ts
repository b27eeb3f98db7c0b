import type { FastifyInstance } from 'fastify';
import { AppError } from '../../lib/app-error.ts';
import type { HttpSettings } from './settings.ts';

/** Answers the address. Throws AppError `unavailable` code `port_taken` or `address_unusable`. */
export async function listen(
  app: Pick<FastifyInstance, 'listen'>,
  { host, port }: Pick<HttpSettings, 'host' | 'port'>,
): Promise<string> {
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
