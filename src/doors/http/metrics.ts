import type { FastifyInstance } from 'fastify';
import { AppError } from '../../lib/app-error.ts';
import type { Gate } from '../../operations/gate.ts';
import { exportMetrics } from '../../operations/metrics/contract.ts';
import type { Callers } from './callers.ts';
import { isDirect } from './callers.ts';

/** The figures of now. */
export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
}

/** `/metrics`: open to this machine itself; from elsewhere it takes a token or a session with metrics:read. */
export function addMetrics(
  app: FastifyInstance,
  parts: { readonly metrics: MetricsText; readonly gate: Gate; readonly callers: Callers },
): void {
  app.get('/metrics', async (request, reply) => {
    if (!isDirect(request)) {
      const { actor, refusal } = await parts.callers.senderOf(request);
      if (refusal !== null) throw refusal;
      if (!parts.gate.mayStill(exportMetrics.name, actor))
        throw actor.kind === 'anonymous' ? signInFirst() : notPermitted();
    }
    return await reply
      .type(parts.metrics.contentType)
      .header('cache-control', 'no-store')
      .send(await parts.metrics.text());
  });
}

function signInFirst(): AppError {
  return new AppError({
    kind: 'unauthenticated',
    code: 'sign_in_needed',
    message: 'From another machine /metrics takes an API token with metrics:read.',
    next: 'Make one with `claude-manager tokens create` and send it as Authorization: Bearer.',
  });
}

function notPermitted(): AppError {
  return new AppError({
    kind: 'forbidden',
    code: 'permission_missing',
    message: '/metrics needs metrics:read.',
    next: 'Use a token that has it.',
  });
}
