import { tmpdir } from 'node:os';
import { fetch } from 'undici';
import type { ErrorKind } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { catalogue } from '../../operations/catalogue.ts';
import type { GateEvent, Served } from '../../operations/gate.ts';
import { keyOf, metricsHandlers } from '../../operations/metrics/handlers.ts';
import { performanceHandlers } from '../../operations/performance/handlers.ts';
import type { Config } from '../../platform/config/schema.ts';
import { startPeriodic } from '../../platform/durable/periodic.ts';
import { currentCorrelationId, currentTrace, withSpan } from '../../platform/logging/context.ts';
import { watchEventLoop } from '../../platform/telemetry/event-loop.ts';
import type { Exposition } from '../../platform/telemetry/exposition.ts';
import { createExposition } from '../../platform/telemetry/exposition.ts';
import type { History } from '../../platform/telemetry/history.ts';
import { createHistory } from '../../platform/telemetry/history.ts';
import { watchMeasurements } from '../../platform/telemetry/monitor-performance.ts';
import { countedObjectives } from '../../platform/telemetry/objectives.ts';
import type { Telemetry } from '../../platform/telemetry/telemetry.ts';
import { createTelemetry } from '../../platform/telemetry/telemetry.ts';
import { newSpanId } from '../span-id.ts';
import type { StoreRooms } from '../store/open-store.ts';
import { serviceReadings } from './service-readings.ts';

/** Figures of this process: what is counted, and what a running service shows and keeps of it. */
export interface TelemetryRooms {
  readonly telemetry: Telemetry;
  readonly history: History;
  readonly served: readonly Served[];
  /** For `/metrics` of a running service. */
  readonly exposition: () => Exposition;
  /** Shows the figures and keeps them every minute, as a service does; `address` is where it answers. */
  keep(address: () => string | null): () => Promise<void>;
  /** Keeps them at once with where the service answers from now on, so that it is found before the minute is over. */
  publish(address: string | null): Promise<void>;
  /** Keeps what was counted until now. */
  flush(): Promise<void>;
  /** The longest that the event loop stood still within the last half minute; null where nobody watches it. */
  longestBlockMs(): number | null;
  close(): Promise<void>;
}

/** Counts from the first call on; made before anything that is counted. */
export function openTelemetry(): Telemetry {
  return createTelemetry({
    clock: systemClock,
    correlationId: currentCorrelationId,
    tracing: { current: currentTrace, within: withSpan, newId: newSpanId },
    reserved: {
      operation: catalogue().map(({ name }) => name),
      objective: countedObjectives,
    },
  });
}

/** Errors that the service could not have answered better; they use up no error budget. */
const askersFault: ReadonlySet<ErrorKind> = new Set(['not_found', 'conflict']);

/** A call of the gate as telemetry counts it. */
export function gateObserver(telemetry: Telemetry): (event: GateEvent) => void {
  return ({ operation, outcome, kind, durationMs, correlationId, door, code }) =>
    telemetry.record({
      area: 'operation',
      name: operation,
      outcome: kind !== null && askersFault.has(kind) ? 'refused' : outcome,
      durationMs,
      correlationId,
      facts: { door, ...(code === null ? {} : { code }) },
      trace: currentTrace()?.span ?? null,
    });
}

const dayMs = 86_400_000;
/** Shorter ones are told by the histogram alone. */
const leastBlockMs = 200;

export function openTelemetryRooms(parts: {
  readonly telemetry: Telemetry;
  readonly config: () => Config;
  readonly store: Pick<StoreRooms, 'database' | 'runs'>;
  readonly folder: string;
  readonly version: string;
  readonly log: Log;
}): TelemetryRooms {
  const { telemetry, config, store, log } = parts;
  const history = createHistory(store.database, {
    clock: systemClock,
    process: systemRandom.bytes(6).toString('hex'),
  });
  const flush = async (): Promise<void> => {
    const series = telemetry.drain();
    if (!config().performance.monitoringEnabled) return;
    await history.write(series).catch((error: unknown) => {
      telemetry.restore(series);
      throw error;
    });
  };
  const stopFunctions = watchMeasurements(({ name, durationMs, ok }) =>
    telemetry.record({
      area: 'function',
      name,
      outcome: ok ? 'ok' : 'failed',
      durationMs,
      correlationId: currentCorrelationId(),
    }),
  );
  const stopJobs = telemetry.listen(({ area, name, outcome, durationMs }) => {
    if (area !== 'job') return;
    const facts = { job: name, outcome, durationMs, category: 'performance' };
    if (outcome === 'ok') log.info(facts, 'job finished');
    else log.warn(facts, 'job ended without success');
  });
  const minute = async (address: string | null): Promise<void> => {
    await flush();
    if (!config().performance.monitoringEnabled) return;
    const gauges = (await opened().values()).filter(({ name }) => !isCounted(name));
    const values = gauges.map(({ name, labels, value }) => [keyOf(name, labels), value]);
    await history.writeGauges(Object.fromEntries(values) as Record<string, number>, address);
  };
  let blocks: readonly { readonly at: number; readonly ms: number }[] = [];
  const noteBlock = (ms: number): void => {
    if (ms < leastBlockMs) return;
    const now = systemClock.monotonicMs();
    blocks = [...blocks.filter(({ at }) => at > now - 30_000), { at: now, ms }];
  };
  let exposition: Exposition | null = null;
  const opened = (): Exposition => {
    exposition ??= createExposition({
      telemetry,
      watchLag: (late) =>
        watchEventLoop((ms) => {
          noteBlock(ms);
          late(ms);
        }),
      readings: () => serviceReadings(parts),
      onFailure: (error) => log.warn({ error }, 'figures of the service could not be read'),
      now: () => systemClock.monotonicMs(),
      version: parts.version,
      folders: { data: config().dataDir, logs: config().logDir, temporary: tmpdir() },
    });
    return exposition;
  };
  return {
    telemetry,
    history,
    exposition: opened,
    flush,
    served: [
      ...metricsHandlers({ history, clock: systemClock, ask: askService, folder: parts.folder }),
      ...performanceHandlers({ history, clock: systemClock }),
    ],
    keep: (address) => {
      opened();
      const deps = { clock: systemClock, random: systemRandom, log };
      const prune = async (): Promise<void> => {
        const { retentionDays } = config().performance;
        await history.prune(new Date(systemClock.now().getTime() - retentionDays * dayMs));
      };
      const stops = [
        startPeriodic(
          { name: 'performance history', everyMs: 55_000, work: () => minute(address()) },
          deps,
        ),
        startPeriodic({ name: 'performance retention', everyMs: 3_600_000, work: prune }, deps),
      ];
      return async () => {
        await Promise.all(stops.map((stop) => stop()));
      };
    },
    longestBlockMs: () => {
      const since = systemClock.monotonicMs() - 30_000;
      const recent = blocks.filter(({ at }) => at > since).map(({ ms }) => ms);
      return exposition === null ? null : Math.max(0, ...recent);
    },
    publish: (address) =>
      minute(address).catch((error: unknown) => {
        log.warn({ error }, 'where the service answers is told a minute later');
      }),
    close: async () => {
      stopFunctions();
      stopJobs();
      exposition?.stop();
      await flush().catch((error: unknown) => {
        log.warn({ error }, 'figures of the last minute could not be kept');
      });
    },
  };
}

/** Counters and histograms are kept minute by minute as series of their own. */
function isCounted(name: string): boolean {
  return /_(?:total|bucket|sum|count)$/u.test(name);
}

/** Our own service on this machine or elsewhere; whatever is not a metrics page counts as no answer. */
async function askService(address: string): Promise<string | null> {
  try {
    const answer = await fetch(`${address}/metrics`, { signal: AbortSignal.timeout(5000) });
    const text = await answer.text();
    return answer.status === 200 && text.includes('claude_manager_info') ? text : null;
  } catch {
    // A service that is gone or shut off is what the caller asks about; the figures say so.
    return null;
  }
}
