import type { Tracing } from '../../src/platform/telemetry/telemetry.ts';

/** Outside of every unit of work: nothing has a place in a trace. */
export const noTracing: Tracing = {
  current: () => null,
  within: (_spanId, body) => body(),
  newId: () => '0'.repeat(16),
};
