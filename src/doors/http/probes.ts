import type { FastifyInstance } from 'fastify';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Gate } from '../../operations/gate.ts';
import { runHealth } from '../../operations/health/contract.ts';
import type { Callers } from './callers.ts';

/** Whether the service can do its work now. Kept up to date in the background, so that a probe answers at once. */
export interface Readiness {
  isReady(): boolean;
  /** Code of what was found to be wrong with the store; null while nothing is, or it only does not answer. */
  problem(): string | null;
  stop(): void;
}

/** With the patience less than the five seconds in which a probe tells that the database is gone. */
const everyMs = 2500;
const patienceMs = 2000;

/** Asks again and again, one question at a time; no answer in time is a no. */
export function watchReadiness(ask: () => Promise<unknown>, clock: Clock): Readiness {
  const stop = new AbortController();
  let [isReady, problem] = [false, null as string | null];
  const look = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const late = new AbortController();
      [isReady, problem] = await Promise.race([
        ask().then(
          () => [true, null] as const,
          (thrown: unknown) => [false, problemIn(thrown)] as const,
        ),
        clock.sleep(patienceMs, late.signal).then(
          () => [false, null] as const,
          () => [false, null] as const,
        ),
      ]);
      late.abort();
      await clock.sleep(everyMs, stop.signal).catch(() => undefined); // stopped
    }
  };
  void look();
  return { isReady: () => isReady, problem: () => problem, stop: () => stop.abort() };
}

/** A store that answers and is not well says why; of one that does not answer nothing is known. */
function problemIn(thrown: unknown): string | null {
  return thrown instanceof AppError && thrown.kind === 'not_well' ? thrown.code : null;
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
    if (!isUp()) return reply.code(503).send(unavailable(parts.readiness));
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
      .send(isDraining() ? { status: 'stopping' } : unavailable(readiness));
  });
  return isUp;
}

function unavailable(readiness: Readiness): object {
  const code = readiness.problem();
  return { status: 'unavailable', ...(code === null ? {} : { problem: code }) };
}

const nobody = { actor: { kind: 'anonymous', name: 'anonymous' } } as const;
