import { ChartLine, Table2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { lazy, Suspense, useCallback, useId, useState } from 'react';
import { Button } from '../button.tsx';
import { ScrollBox } from '../scroll-box.tsx';
import { Table } from '../table.tsx';
import type { ChartData } from './chart-data.ts';
import { colorVariable, type SeriesTone } from './chart-data.ts';
import { formatMoment, inWords } from './in-words.ts';

const Plot = lazy(() => import('./plot.tsx').then(({ Plot: View }) => ({ default: View })));

/**
 * Values over time under their name, with the table of the same values behind it. Pointing at it says the values of
 * that moment in the line of the name, so nothing moves and nothing is covered.
 */
export function Chart({
  title,
  about,
  height = 160,
  ...data
}: ChartData & {
  /** What is shown: `Merged pull requests`. */
  readonly title: string;
  /** Period and unit: `a week, last 12 weeks`. */
  readonly about?: ReactNode;
  /** CSS pixels of the plot. */
  readonly height?: number;
}): ReactNode {
  const id = useId();
  const [isTable, setIsTable] = useState(false);
  const [pointed, setPointed] = useState<number | null>(null);
  const point = useCallback((index: number | null) => setPointed(index), []);
  const shown = pointed ?? data.at.length - 1;
  const moment = data.at[shown];
  return (
    <figure aria-labelledby={id} className="flex min-w-0 flex-col gap-2">
      <figcaption className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <p className="flex items-baseline gap-3 text-13">
            <span id={id} className="truncate font-medium">
              {title}
            </span>
            {moment === undefined || pointed === null ? null : (
              <span className="whitespace-nowrap text-12">{formatMoment(moment, data.step)}</span>
            )}
          </p>
          <p className="text-12 text-quiet">{about}</p>
        </div>
        <Button
          look="quiet"
          square
          aria-pressed={isTable}
          aria-label={`${title}: ${isTable ? 'show the chart' : 'show the table'}`}
          title={isTable ? 'Show the chart' : 'Show the table behind it'}
          icon={isTable ? <ChartLine aria-hidden size={14} /> : <Table2 aria-hidden size={14} />}
          onClick={() => setIsTable((now) => !now)}
        />
      </figcaption>
      <Legend data={data} shown={shown} />
      {isTable ? (
        <ScrollBox label={`${title}, as a table`} style={{ height }}>
          <ValueTable title={title} data={data} />
        </ScrollBox>
      ) : (
        <div role="img" aria-label={`${title}: ${inWords(data)}`} style={{ height }}>
          <Suspense fallback={null}>
            <Plot data={data} height={height} onPoint={point} />
          </Suspense>
        </div>
      )}
    </figure>
  );
}

/** Each series with its mark and its value at the moment shown: the last one, or the one pointed at. */
function Legend({ data, shown }: { readonly data: ChartData; readonly shown: number }): ReactNode {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-12">
      {data.series.map(({ name, values, tone = 'accent' }) => (
        <li key={name} className="flex items-center gap-1 whitespace-nowrap">
          <span
            aria-hidden
            className="h-[3px] w-3 rounded-full"
            style={{ background: markOf(tone, data.shape === 'bars') }}
          />
          <span className="text-quiet">{name}</span>
          <span className="font-medium">{formatValue(values[shown] ?? null, data.format)}</span>
        </li>
      ))}
    </ul>
  );
}

/** The mark of a series as it is drawn: that of what is on its way is broken, as its line is. */
function markOf(tone: SeriesTone, isBars: boolean): string {
  const color = `var(${colorVariable[tone]})`;
  return tone === 'busy' && !isBars
    ? `linear-gradient(to right, ${color} 5px, transparent 5px 8px, ${color} 8px)`
    : color;
}

function formatValue(value: number | null, format: (value: number) => string): string {
  return value === null ? 'no value' : format(value);
}

function ValueTable({
  title,
  data,
}: {
  readonly title: string;
  readonly data: ChartData;
}): ReactNode {
  const rows = data.at.map((at, index) => ({ at, index })).toReversed();
  return (
    <Table
      label={title}
      rows={rows}
      keyOf={({ index }) => String(index)}
      columns={[
        { name: 'When', cell: ({ at }) => formatMoment(at, data.step) },
        ...data.series.map(({ name, values }) => ({
          name,
          isFigure: true,
          cell: ({ index }: { readonly index: number }) =>
            formatValue(values[index] ?? null, data.format),
        })),
      ]}
    />
  );
}
