import { ArrowDown, ArrowUp, Minus } from 'lucide-react';
import type { ReactNode } from 'react';
import type { OutcomeFigure } from '../../../src/operations/outcomes/contract.ts';
import { toneText } from '../../parts/badge.tsx';
import { classNames } from '../../parts/class-names.ts';
import { Definition } from '../../parts/definition.tsx';
import { counted, formatCount, formatDuration, formatMoney } from '../../parts/format.ts';

type Unit = OutcomeFigure['unit'];

const hourMs = 3_600_000;

function formatFigure(value: number, unit: Unit): string {
  switch (unit) {
    case 'count':
      return formatCount(value);
    case 'share':
      return `${Math.round(value * 100)} %`;
    case 'usd':
      return formatMoney(value);
    case 'hours':
      return formatDuration(value * hourMs);
  }
}

/** Whether more of it is good news; money and time are better small. */
const moreIsBetter: Readonly<Record<OutcomeFigure['key'], boolean>> = {
  merged: true,
  approved_share: true,
  cost_per_merged: false,
  lead_time: false,
};

/** One of the figures, its change against the period before, and one click away what it means. */
export function Figure({
  figure,
  days,
}: {
  readonly figure: OutcomeFigure;
  readonly days: number;
}): ReactNode {
  const { label, value, unit, definition } = figure;
  return (
    <div className="flex min-w-0 flex-col gap-1 bg-surface px-4 py-3">
      <dt className="flex items-center justify-between gap-1 text-13 text-quiet">
        <span className="min-w-0">{label}</span>
        <Definition of={label}>{definition}</Definition>
      </dt>
      <dd className="whitespace-nowrap text-20 font-semibold tracking-tight sm:text-28">
        {value === null ? (
          <span className="font-normal text-quiet" title="Nothing to divide by in this period">
            –<span className="sr-only">nothing to divide by in this period</span>
          </span>
        ) : (
          formatFigure(value, unit)
        )}
      </dd>
      <dd className="text-12">
        <Change figure={figure} days={days} />
      </dd>
    </div>
  );
}

function Change({
  figure: { key, value, previous, unit },
  days,
}: {
  readonly figure: OutcomeFigure;
  readonly days: number;
}): ReactNode {
  const before = `the ${days} days before`;
  if (previous === null) return <span className="text-quiet">No figure for {before}</span>;
  const shown = formatFigure(previous, unit);
  if (value === null) {
    return (
      <span className="text-quiet">
        {shown} in {before}
      </span>
    );
  }
  if (formatFigure(value, unit) === shown) {
    return (
      <span className="inline-flex items-center gap-1 text-quiet">
        <Minus aria-hidden size={12} />
        as in {before}
      </span>
    );
  }
  const change = value - previous;
  const Icon = change > 0 ? ArrowUp : ArrowDown;
  const isGood = change > 0 === moreIsBetter[key];
  return (
    <span className="text-quiet" title={`${shown} in ${before}`}>
      <span
        className={classNames(
          'mr-2 inline-flex items-center gap-[2px] align-bottom font-medium',
          toneText[isGood ? 'ok' : 'warn'],
        )}
      >
        <Icon aria-hidden size={12} />
        {formatChange(Math.abs(change), unit)} {change > 0 ? 'more' : 'less'}
      </span>
      <span className="whitespace-nowrap">{shown} before</span>
    </span>
  );
}

function formatChange(change: number, unit: Unit): string {
  if (unit === 'share') return counted(Math.round(change * 100), 'point');
  // As exact as the two figures that it stands between.
  return unit === 'usd' ? formatMoney(Math.round(change * 100) / 100) : formatFigure(change, unit);
}
