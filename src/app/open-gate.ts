import { systemClock } from '../lib/clock.ts';
import { systemRandom } from '../lib/random.ts';
import { freshCorrelationId } from '../lib/trace-id.ts';
import type { Gate, GateAudit, GateParts, Served } from '../operations/gate.ts';
import { createGate } from '../operations/gate.ts';
import { withContext, withSpan } from '../platform/logging/context.ts';
import type { Logger } from '../platform/logging/logger.ts';
import { newSpanId } from './span-id.ts';

/** The gate of this process over what it serves. */
export function gateOf(
  parts: {
    served: readonly Served[];
    audit: GateAudit;
    log: Pick<Logger, 'info' | 'warn'>;
  } & Pick<GateParts, 'guard' | 'inspect' | 'observe' | 'redact'>,
): Gate {
  return createGate({
    ...parts,
    clock: systemClock,
    newCorrelationId: () => freshCorrelationId(systemRandom),
    within: (context, body) => withContext(context, () => withSpan(newSpanId(), body)),
  });
}
