import type { PipelinePorts } from '../../pipeline/pipeline-ports.ts';
import { currentContext, withContext, withSpan } from '../../platform/logging/context.ts';
import { newSpanId } from '../span-id.ts';

/** What looks at everything, or lasts as long as the service: nobody asked for a single thing that is done within. */
const lasting: ReadonlySet<string> = new Set([
  'service.start',
  'service.demo',
  'webhooks.look.manager',
]);

/** A unit of work of its own within a call that lasts; any other call is one already. */
export function asUnit(newId: () => string): PipelinePorts['asUnit'] {
  return (operation, body) => {
    const around = currentContext();
    if (around.correlationId !== undefined && !lasting.has(around.operation ?? '')) return body();
    const context = { correlationId: newId(), operation, userId: 'pipeline' };
    return withContext(context, () => withSpan(newSpanId(), body));
  };
}
