import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import { reportPerformance } from '../../../src/operations/performance/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { formatCount } from '../../parts/format.ts';
import { Loaded, RowBones } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { formatFigure, formatMs, formatShare } from './figures.ts';

type Report = z.output<typeof reportPerformance.output>;
type Line = Report['series'][number];

/** Everything that was called, the busiest first; a name shows its own charts. */
export function SeriesTable({
  area,
  hours,
  label,
}: {
  readonly area: 'operation' | 'upstream';
  readonly hours: number;
  readonly label: string;
}): ReactNode {
  const query = useAsk(reportPerformance, { hours, area }, { keep: true, everyMs: 60_000 });
  return (
    <Loaded query={query} skeleton={<RowBones />}>
      {({ series, baseline }) =>
        series.length === 0 ? null : (
          <div className="border-line border-t pt-2 pb-4">
            <Table
              label={label}
              rows={series}
              keyOf={({ name }) => name}
              columns={[
                {
                  name: label,
                  cell: ({ name }) => (
                    <Link
                      to="."
                      search={(now: object) => ({ ...now, name })}
                      className="font-medium hover:underline"
                    >
                      {name}
                    </Link>
                  ),
                },
                { name: 'Calls', isFigure: true, cell: ({ calls }) => formatCount(calls) },
                {
                  name: 'A minute',
                  isFigure: true,
                  isExtra: true,
                  cell: ({ perMinute }) => formatFigure(perMinute),
                },
                {
                  name: 'Failed',
                  isFigure: true,
                  cell: ({ failed, errorRate }) =>
                    failed === 0 ? (
                      <span className="text-quiet">0</span>
                    ) : (
                      <span className="text-bad">
                        {formatCount(failed)} ({formatShare(errorRate)})
                      </span>
                    ),
                },
                {
                  name: 'Refused',
                  isFigure: true,
                  isExtra: true,
                  cell: ({ refused }) => formatCount(refused),
                },
                {
                  name: 'p50',
                  isFigure: true,
                  isExtra: true,
                  cell: ({ p50Ms }) => formatMs(p50Ms),
                },
                { name: 'p95', isFigure: true, cell: ({ p95Ms }) => formatMs(p95Ms) },
                {
                  name: 'p99',
                  isFigure: true,
                  isExtra: true,
                  cell: ({ p99Ms }) => formatMs(p99Ms),
                },
                ...(baseline === null
                  ? []
                  : [
                      {
                        name: 'p95, normal',
                        isFigure: true,
                        isExtra: true,
                        cell: ({ name }: Line) => <Normal line={normalOf(baseline, area, name)} />,
                      },
                    ]),
              ]}
            />
            {baseline === null ? null : (
              <p className="px-4 pt-2 text-12 text-quiet">
                Called normal by {baseline.madeBy}, <Time at={baseline.at} />, over {baseline.hours}{' '}
                hours; alerts compare with it.
              </p>
            )}
          </div>
        )
      }
    </Loaded>
  );
}

function normalOf(
  { series }: NonNullable<Report['baseline']>,
  area: string,
  name: string,
): Line | undefined {
  return series.find((one) => one.area === area && one.name === name);
}

function Normal({ line }: { readonly line: Line | undefined }): ReactNode {
  return line === undefined ? <span className="text-quiet">not known</span> : formatMs(line.p95Ms);
}
