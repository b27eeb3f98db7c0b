import type { ReactNode } from 'react';
import { lookOf, sentence } from '../../parts/badge.tsx';
import { Chart } from '../../parts/chart/chart.tsx';
import type { SeriesTone } from '../../parts/chart/chart-data.ts';
import { formatDuration, formatMoney } from '../../parts/format.ts';
import { formatFigure, stepWords } from './figures.ts';
import { GaugeCharts, labeled, lastOf, valuesOf } from './gauge-charts.tsx';

const names = [
  'tasks',
  'effects',
  'effect_oldest_seconds',
  'runs_live',
  'runs_limit',
  'spent_today_usd',
  'budget_today_usd',
];

/** States in which a task waits for something. */
const waiting: readonly (readonly [string, SeriesTone])[] = [
  ['proposed', 'neutral'],
  ['approved', 'busy'],
  ['running', 'accent'],
  ['in_review', 'ok'],
  ['needs_attention', 'warn'],
];

/** What waits, what runs, what is spent. */
export function Queue({ hours }: { readonly hours: number }): ReactNode {
  return (
    <GaugeCharts
      hours={hours}
      charts={4}
      names={names}
      nothing={
        <p>
          The service writes down what waits every minute while performance.monitoringEnabled is
          true.
        </p>
      }
    >
      {(gauges) => {
        const { at } = gauges;
        const every = `average over ${stepWords(gauges.stepSeconds)}`;
        const states = labeled(gauges, 'tasks', 'state');
        const limit = lastOf(valuesOf(gauges, 'runs_limit'));
        const budget = lastOf(valuesOf(gauges, 'budget_today_usd'));
        const effects = labeled(gauges, 'effects', 'status');
        const oldest = labeled(gauges, 'effect_oldest_seconds', 'status');
        return (
          <>
            <Chart
              title="Tasks"
              about={`that are not at their end; ${every}`}
              at={at}
              format={formatFigure}
              series={waiting.map(([state, tone]) => ({
                name: lookOf(state).word.toLowerCase(),
                tone,
                // A state that no task was in is not written down.
                values:
                  states.find(({ name }) => name === state)?.values ??
                  (states[0]?.values ?? []).map((value) => (value === null ? null : 0)),
              }))}
            />
            <Chart
              title="Agents at work"
              about={every}
              at={at}
              format={formatFigure}
              series={[{ name: 'runs', values: valuesOf(gauges, 'runs_live') }]}
              {...(limit === null ? {} : { threshold: { value: limit, word: `at most ${limit}` } })}
            />
            <Chart
              title="Spent on the day"
              about="since midnight UTC"
              at={at}
              format={formatMoney}
              series={[{ name: 'spent', values: valuesOf(gauges, 'spent_today_usd') }]}
              {...(budget === null
                ? {}
                : { threshold: { value: budget, word: `budget ${formatMoney(budget)}` } })}
            />
            {effects.length === 0 ? null : (
              <Chart
                title="Writes outside"
                about={`that are not final; ${every}`}
                at={at}
                format={formatFigure}
                series={effects.map(({ name, values }, index) => ({
                  name: sentence(name).toLowerCase(),
                  tone: effectTones[index % effectTones.length] ?? 'accent',
                  values,
                }))}
              />
            )}
            {oldest.length === 0 ? null : (
              <Chart
                title="Oldest write outside"
                about={every}
                at={at}
                format={(value) => formatDuration(value * 1000)}
                series={oldest.map(({ name, values }, index) => ({
                  name: sentence(name).toLowerCase(),
                  tone: effectTones[index % effectTones.length] ?? 'accent',
                  values,
                }))}
              />
            )}
          </>
        );
      }}
    </GaugeCharts>
  );
}

const effectTones: readonly SeriesTone[] = ['accent', 'busy', 'warn', 'bad', 'neutral'];
