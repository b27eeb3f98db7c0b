import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type Folders, machineReadings } from './machine-readings.ts';
import { countedObjectives } from './objectives.ts';
import type { Reading } from './reading.ts';
import type { Area, Ended, Telemetry } from './telemetry.ts';
import { areas } from './telemetry.ts';

export interface Exposition {
  /** The figures of now in Prometheus' text format 0.0.4. */
  text(): Promise<string>;
  /** The same as name, labels, value. */
  values(): Promise<readonly Sample[]>;
  /** The same by what they measure. */
  families(): Promise<readonly Family[]>;
  stop(): void;
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** All samples of one thing that is measured. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Of a histogram also those with `_bucket`, `_sum` and `_count` behind the name. */
  readonly samples: readonly Sample[];
}

export const contentType = Registry.PROMETHEUS_CONTENT_TYPE;

/** Few and far apart, because each costs a series for every name; percentiles of reports come from finer bins. */
const callSeconds = [0.01, 0.1, 0.5, 2.5, 30];
const lagSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

const help: Readonly<Record<Area, string>> = {
  operation: 'Operations that passed the gate, by outcome',
  upstream: 'Requests to other services, by outcome',
  job: 'Workflows and scans of repositories that ended, by outcome',
  scanner: 'Looks of a scanner at a repository, by outcome',
  function: 'Calls of functions under monitorPerformance, by outcome',
  objective:
    'What counts for an objective of the service, by outcome; failed is what it must not be',
};

/**
 * Figures for Prometheus in a registry of their own. `readings` are asked when somebody looks, at most every
 * `keepMs`; one that fails leaves its values out and is told to `onFailure`.
 */
export function createExposition(deps: {
  readonly telemetry: Pick<Telemetry, 'listen'>;
  readonly watchLag: (late: (ms: number) => void) => () => void;
  readonly readings: () => Promise<readonly Reading[]>;
  readonly onFailure: (error: unknown) => void;
  readonly now: () => number;
  readonly version: string;
  /** Whose disks are shown. */
  readonly folders?: Folders;
  readonly keepMs?: number;
}): Exposition {
  const registry = new Registry();
  const registers = [registry];
  const counted = new Map(
    areas.map((area) => [
      area,
      {
        calls: new Counter({
          name: `claude_manager_${area}_calls_total`,
          help: help[area],
          labelNames: [area, 'outcome'],
          registers,
        }),
        seconds: new Histogram({
          name: `claude_manager_${area}_duration_seconds`,
          help: `How long they took`,
          labelNames: [area],
          buckets: callSeconds,
          registers,
        }),
      },
    ]),
  );
  // A counter that appears with its first failure shows no increase.
  for (const objective of countedObjectives)
    for (const outcome of ['ok', 'failed'])
      counted.get('objective')?.calls.inc({ objective, outcome }, 0);
  const lag = new Histogram({
    name: 'claude_manager_event_loop_lag_seconds',
    help: 'How late timers of this process are',
    buckets: lagSeconds,
    registers,
  });
  new Gauge({
    name: 'claude_manager_info',
    help: 'The version that runs',
    labelNames: ['version'],
    registers,
  }).set({ version: deps.version }, 1);
  const gauges = new Map<string, Gauge>();
  const stops = [
    deps.telemetry.listen(({ area, name, outcome, durationMs }: Ended) => {
      const family = counted.get(area);
      family?.calls.inc({ [area]: name, outcome });
      family?.seconds.observe({ [area]: name }, durationMs / 1000);
    }),
    deps.watchLag((ms) => lag.observe(ms / 1000)),
  ];
  let kept: { readonly at: number; readonly readings: Promise<readonly Reading[]> } | null = null;
  const read = async (): Promise<void> => {
    const now = deps.now();
    if (kept === null || now - kept.at >= (deps.keepMs ?? 5000))
      kept = { at: now, readings: deps.readings() };
    const readings = await kept.readings.catch((error: unknown) => {
      kept = null;
      deps.onFailure(error);
      return [];
    });
    const machine = await machineReadings(deps.folders ?? {});
    for (const gauge of gauges.values()) gauge.reset();
    for (const one of [...machine, ...readings]) {
      if (one.value === null) {
        gauges.get(one.name)?.remove(one.labels ?? {});
        continue;
      }
      const { name, help: text, labels = {} } = one;
      const gauge =
        gauges.get(name) ??
        new Gauge({ name, help: text, labelNames: Object.keys(labels), registers });
      gauges.set(name, gauge);
      gauge.set(labels, one.value);
    }
  };
  const families = async (): Promise<readonly Family[]> => {
    await read();
    const metrics = await registry.getMetricsAsJSON();
    return metrics.map(({ name, help: words, type, values }) => ({
      name,
      help: words,
      type: String(type) as Family['type'],
      samples: values.map((one) => ({
        name: 'metricName' in one ? String(one.metricName) : name,
        labels: one.labels as Sample['labels'],
        value: one.value,
      })),
    }));
  };
  return {
    text: async () => {
      await read();
      return await registry.metrics();
    },
    values: async () => (await families()).flatMap(({ samples }) => samples),
    families,
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}
