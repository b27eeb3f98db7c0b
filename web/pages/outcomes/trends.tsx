import type { ReactNode } from 'react';
import { Chart } from '../../parts/chart/chart.tsx';
import { formatCount, formatMoney } from '../../parts/format.ts';
import type { TrendBucket } from './buckets.ts';
import { gather } from './buckets.ts';

/** The course of the period, a point a day, or a week where days would be too many. */
export function Trends({
  trend,
  days,
}: {
  readonly trend: readonly TrendBucket[];
  readonly days: number;
}): ReactNode {
  const isWeekly = days > 90;
  const buckets = isWeekly ? gather(trend, 7) : trend;
  const at = buckets.map(({ day }) => new Date(`${day}T00:00:00Z`));
  const each = `${isWeekly ? 'Each week' : 'Each day'} (UTC), last ${days} days`;
  return (
    <div className="grid gap-x-8 gap-y-8 px-4 py-5 lg:grid-cols-3">
      <Chart
        title="Merged pull requests"
        about={each}
        at={at}
        step="day"
        shape="bars"
        isWhole
        format={formatCount}
        series={[{ name: 'Merged', values: buckets.map(({ merged }) => merged) }]}
      />
      <Chart
        title="Proposals and approvals"
        about={each}
        at={at}
        step="day"
        isWhole
        format={formatCount}
        series={[
          {
            name: 'Proposed',
            values: buckets.map(({ proposed }) => proposed),
            tone: 'neutral',
          },
          { name: 'Approved', values: buckets.map(({ approved }) => approved) },
        ]}
      />
      <Chart
        title="Money spent by runs"
        about={each}
        at={at}
        step="day"
        shape="bars"
        format={formatMoney}
        series={[{ name: 'Spent', values: buckets.map(({ costUsd }) => costUsd) }]}
      />
    </div>
  );
}
