import type { FastifyInstance } from 'fastify';
import { toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Gate } from '../../operations/gate.ts';
import { runHealth } from '../../operations/health/contract.ts';
import type { Callers } from './callers.ts';

/** Whether the service can do its work now. Kept up to date in the background, so that a probe answers at once. */
export interface Readiness {
  isReady(): boolean;
  stop(): void;
}

/** With the patience less than the five seconds in which a probe tells that the database is gone. */
const everyMs = 2500;
const patienceMs = 2000;

/** Asks again and again, one question at a time; no answer in time is a no. */
export function watchReadiness(ask: () => Promise<unknown>, clock: Clock): Readiness {
  const stop = new AbortController();
  let isReady = false;
  const look = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const late = new AbortController();
      isReady = await Promise.race([
        ask().then(
          () => true,
          () => false,
        ),
        clock.sleep(patienceMs, late.signal).then(
          () => false,
          () => false,
        ),
      ]);
      late.abort();
      await clock.sleep(everyMs, stop.signal).catch(() => undefined); // stopped
    }
  };
  void look();
  return { isReady: () => isReady, stop: () => stop.abort() };
}

/** `/livez`, `/readyz`, `/health`: no sign-in, no details, no work. */
export function addProbes(
  app: FastifyInstance,
  parts: {
    readonly readiness: Readiness;
    readonly isDraining: () => boolean;
    readonly gate: Gate;
    readonly callers: Callers;
  },
): void {
  const isUp = addProbeAnswers(app, parts);
  app.get('/health', async (request, reply) => {
    const { actor } = await parts.callers.senderOf(request).catch(() => nobody);
    if (!isUp()) return reply.code(503).send({ status: 'unavailable' });
    if (actor.kind === 'anonymous' || !parts.gate.mayStill(runHealth.name, actor))
      return { status: 'ok' };
    const caller = {
      door: 'http',
      actor,
      clientId: request.ip,
      correlationId: request.id,
    } as const;
    try {
      const report = await parts.gate.execute(runHealth.name, {}, caller);
      return { status: 'ok', ...(report as object) };
    } catch (thrown) {
      // The summary stands even when the details cannot be had.
      return { status: 'ok', problem: toAppError(thrown).code };
    }
  });
}

/** `/livez` and `/readyz`; answers how to ask the second one's question. */
export function addProbeAnswers(
  app: Pick<FastifyInstance, 'get'>,
  { readiness, isDraining }: { readonly readiness: Readiness; readonly isDraining: () => boolean },
): () => boolean {
  const isUp = (): boolean => readiness.isReady() && !isDraining();
  app.get('/livez', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    if (isUp()) return { status: 'ok' };
    return reply
      .code(503)
      .header('retry-after', '2')
      .send({ status: isDraining() ? 'stopping' : 'unavailable' });
  });
  return isUp;
}

const nobody = { actor: { kind: 'anonymous', name: 'anonymous' } } as const;
