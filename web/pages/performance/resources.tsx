import type { ReactNode } from 'react';
import { Chart } from '../../parts/chart/chart.tsx';
import { formatBytes, formatFigure, formatShare, stepWords } from './figures.ts';
import { GaugeCharts, lastOf, valuesOf } from './gauge-charts.tsx';

const names = [
  'process_cpu_seconds',
  'process_resident_bytes',
  'process_heap_bytes',
  'process_handles',
  'machine_load',
  'machine_processors',
  'machine_memory_bytes',
  'machine_memory_free_bytes',
  'database_connections',
  'database_waiting',
];

/** What the service and its machine use. */
export function Resources({ hours }: { readonly hours: number }): ReactNode {
  return (
    <GaugeCharts
      hours={hours}
      charts={6}
      names={names}
      nothing={
        <p>
          The service writes down what it uses every minute while performance.monitoringEnabled is
          true.
        </p>
      }
    >
      {(gauges) => {
        const { at, stepSeconds } = gauges;
        const every = `average over ${stepWords(stepSeconds)}`;
        const values = (name: string) => valuesOf(gauges, name);
        const processors = lastOf(values('machine_processors'));
        const memory = lastOf(values('machine_memory_bytes'));
        const free = values('machine_memory_free_bytes');
        return (
          <>
            <Chart
              title="Processor of the service"
              about={`of one processor; ${every}`}
              at={at}
              format={formatShare}
              series={[
                { name: 'used', values: rateOf(values('process_cpu_seconds'), stepSeconds) },
              ]}
            />
            <Chart
              title="Memory of the service"
              about={every}
              at={at}
              format={formatBytes}
              series={[
                { name: 'held', values: values('process_resident_bytes') },
                { name: 'objects', tone: 'neutral', values: values('process_heap_bytes') },
              ]}
            />
            <Chart
              title="Load of the machine"
              about={`processes that want a processor; ${every}`}
              at={at}
              format={formatFigure}
              series={[{ name: 'load', values: values('machine_load') }]}
              {...(processors === null
                ? {}
                : { threshold: { value: processors, word: `${processors} processors` } })}
            />
            <Chart
              title="Memory of the machine"
              about={every}
              at={at}
              format={formatBytes}
              series={[
                {
                  name: 'used',
                  values: free.map((value) =>
                    value === null || memory === null ? null : memory - value,
                  ),
                },
              ]}
              {...(memory === null
                ? {}
                : { threshold: { value: memory, word: formatBytes(memory) } })}
            />
            <Chart
              title="Database"
              about={`connections of the service; ${every}`}
              at={at}
              format={formatFigure}
              series={[
                { name: 'open', values: values('database_connections') },
                { name: 'waiting for one', tone: 'warn', values: values('database_waiting') },
              ]}
            />
            <Chart
              title="Handles"
              about={`sockets, timers and files the service waits for; ${every}`}
              at={at}
              format={formatFigure}
              series={[{ name: 'open', values: values('process_handles') }]}
            />
          </>
        );
      }}
    </GaugeCharts>
  );
}

/** How fast a sum grew from step to step, a second; null where it began anew or was not measured. */
function rateOf(sums: readonly (number | null)[], seconds: number): readonly (number | null)[] {
  return sums.map((sum, index) => {
    const before = sums[index - 1] ?? null;
    if (sum === null || before === null || sum < before) return null;
    return (sum - before) / seconds;
  });
}
