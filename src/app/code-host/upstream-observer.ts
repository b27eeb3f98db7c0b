import type { ExchangeObserver } from '../../integrations/github/exchange.ts';
import { currentCorrelationId } from '../../platform/logging/context.ts';
import type { Telemetry } from '../../platform/telemetry/telemetry.ts';

/** A request to GitHub under the kind of thing it is about: an address would be a name of its own for each issue. */
export function upstreamObserver(telemetry: Pick<Telemetry, 'record'>): ExchangeObserver {
  return ({ method, path, status, durationMs }) => {
    const [, thing = 'other'] =
      /\/(graphql|issues|pulls|labels|comments|git|collaborators|commits|branches|app|user)\b/u.exec(
        path,
      ) ?? [];
    const isLimited = status === 429;
    const outcome =
      status === null || status >= 500 || isLimited ? 'failed' : status >= 400 ? 'refused' : 'ok';
    telemetry.record({
      area: 'upstream',
      name: `github ${method === 'GET' || thing === 'graphql' ? 'read' : 'write'} ${upstreamThings.has(thing) ? thing : 'other'}`,
      outcome,
      durationMs,
      correlationId: currentCorrelationId(),
      facts: { method, status: status ?? 0 },
    });
  };
}

/** Each has a read and a write, and together they fit the bound on names. */
const upstreamThings = new Set(['issues', 'pulls', 'labels', 'comments', 'graphql']);
