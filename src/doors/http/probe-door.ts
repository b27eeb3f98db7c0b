import { fastify } from 'fastify';
import type { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { listen } from './listen.ts';
import { addProbeAnswers, watchReadiness } from './probes.ts';
import { securityHeaders } from './security-headers.ts';
import type { HttpDoor } from './server.ts';
import type { HttpSettings } from './settings.ts';
import { serverLimits } from './slow-senders.ts';

/** `/livez` and `/readyz` and nothing else, for a process that answers nobody but its supervisor. */
export async function openProbeDoor(deps: {
  readonly settings: Pick<HttpSettings, 'host' | 'port' | 'inheritedSocket'>;
  readonly askStore: () => Promise<unknown>;
  /** The refusal of a probe that comes too often; null lets it through. */
  readonly admitProbe: (clientId: string) => AppError | null;
  readonly clock: Clock;
}): Promise<HttpDoor> {
  let isDraining = false;
  const app = fastify({ ...serverLimits(), bodyLimit: 1024 });
  app.server.maxConnections = 64;
  const readiness = watchReadiness(deps.askStore, deps.clock);
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(securityHeaders(false));
    const refusal = deps.admitProbe(request.ip);
    if (refusal !== null) return reply.code(429).send({ status: 'too many' });
  });
  addProbeAnswers(app, { readiness, isDraining: () => isDraining });
  app.setNotFoundHandler(async (_request, reply) => reply.code(404).send({ status: 'not found' }));
  const address = await listen(app, deps.settings).catch(async (error: unknown) => {
    readiness.stop();
    await app.close();
    throw error;
  });
  return {
    address,
    drain: () => {
      isDraining = true;
    },
    close: async () => {
      isDraining = true;
      readiness.stop();
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
