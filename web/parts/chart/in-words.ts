import type { ChartData } from './chart-data.ts';

const day = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});
const minute = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function formatMoment(at: Date, step: ChartData['step']): string {
  return step === 'day' ? day.format(at) : minute.format(at);
}

/** What a chart shows, for whoever cannot see it: of each series the last, the lowest and the highest value. */
export function inWords({ series, format }: ChartData): string {
  return series
    .map(({ name, values }) => {
      const measured = values.filter((value) => value !== null);
      const last = measured.at(-1);
      if (last === undefined) return `${name}: no values`;
      return `${name}: last ${format(last)}, lowest ${format(Math.min(...measured))}, highest ${format(Math.max(...measured))}`;
    })
    .join('; ');
}
