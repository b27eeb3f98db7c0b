import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createManualClock } from '../../../test/fakes/manual-clock.ts';
import { noTracing } from '../../../test/fakes/no-tracing.ts';
import { createExposition } from '../../platform/telemetry/exposition.ts';
import { areas, createTelemetry } from '../../platform/telemetry/telemetry.ts';

const folder = new URL('../../../docs/monitoring/', import.meta.url);

/** Names that `/metrics` shows: those of the exposition, and the gauges that the service reads. */
async function shownNames(): Promise<ReadonlySet<string>> {
  const telemetry = createTelemetry({
    clock: createManualClock(),
    correlationId: () => null,
    tracing: noTracing,
  });
  const exposition = createExposition({
    telemetry,
    watchLag: (late) => {
      late(1);
      return () => undefined;
    },
    readings: async () => [],
    onFailure: () => undefined,
    now: () => 0,
    version: '1',
    folders: { data: '/', logs: '/', temporary: '/' },
  });
  for (const area of areas)
    telemetry.record({ area, name: 'one', outcome: 'ok', durationMs: 1, correlationId: null });
  const own = (await exposition.values()).map(({ name }) => name);
  exposition.stop();
  const source = await readFile(new URL('service-readings.ts', import.meta.url), 'utf8');
  const read = [...source.matchAll(/gauge\(\s*'(\w+)'/gu)].map(([, n]) => `claude_manager_${n}`);
  return new Set([...own, ...read]);
}

test.each([
  ['alert-rules.yml', 5],
  ['objective-rules.yml', 2],
  ['grafana-dashboard.json', 5],
] as const)('every figure that %s names is shown at /metrics', async (file, atLeast) => {
  const text = await readFile(new URL(file, folder), 'utf8');
  const named = new Set(text.match(/claude_manager_\w+/gu));
  const shown = await shownNames();
  expect(named.size).toBeGreaterThanOrEqual(atLeast);
  expect([...named].filter((name) => !shown.has(name))).toEqual([]);
});
