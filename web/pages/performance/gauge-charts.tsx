import type { UseQueryResult } from '@tanstack/react-query';
import { ChartLine } from 'lucide-react';
import type { ReactNode } from 'react';
import type { GaugeTimeline } from '../../../src/operations/performance/contract.ts';
import { gaugeTimeline } from '../../../src/operations/performance/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { ChartBones } from './chart-bones.tsx';
import { ChartGrid } from './chart-grid.tsx';

export type Gauges = GaugeTimeline & { readonly at: readonly Date[] };

export function useGauges(names: readonly string[], hours: number): UseQueryResult<GaugeTimeline> {
  return useAsk(gaugeTimeline, { hours, names: [...names] }, { keep: true, everyMs: 60_000 });
}

/** What was measured every minute, drawn by `children`; says so where nothing was. */
export function GaugeCharts({
  names,
  hours,
  charts,
  nothing,
  children,
}: {
  readonly names: readonly string[];
  readonly hours: number;
  readonly charts: number;
  /** What it means when there is nothing. */
  readonly nothing: ReactNode;
  readonly children: (gauges: Gauges) => ReactNode;
}): ReactNode {
  const query = useGauges(names, hours);
  return (
    <Loaded query={query} skeleton={<ChartBones charts={charts} />}>
      {(found) =>
        found.series.length === 0 ? (
          <Empty
            icon={<ChartLine aria-hidden size={24} />}
            title="Nothing was measured in this period"
          >
            {nothing}
          </Empty>
        ) : (
          <ChartGrid>{children(measured(found))}</ChartGrid>
        )
      }
    </Loaded>
  );
}

/** Without the steps at the end in which nothing was measured yet. */
function measured(found: GaugeTimeline): Gauges {
  const end = found.times.findLastIndex((_time, index) =>
    found.series.some(({ values }) => (values[index] ?? null) !== null),
  );
  const times = found.times.slice(0, end + 1);
  return {
    ...found,
    times,
    at: times.map((time) => new Date(time)),
    series: found.series.map((one) => ({ ...one, values: one.values.slice(0, end + 1) })),
  };
}

type Values = readonly (number | null)[];

/** The one series of a name without labels; all null where it was not measured. */
export function valuesOf({ series, times }: GaugeTimeline, name: string): Values {
  return series.find((one) => one.name === name)?.values ?? times.map(() => null);
}

/** Every series of a name with what tells it apart. */
export function labeled(
  { series }: GaugeTimeline,
  name: string,
  label: string,
): readonly { readonly name: string; readonly values: Values }[] {
  return series
    .filter((one) => one.name === name)
    .map(({ labels, values }) => ({ name: labels[label] ?? '', values }));
}

/** The newest value that was measured. */
export function lastOf(values: Values): number | null {
  return values.findLast((value) => value !== null) ?? null;
}
