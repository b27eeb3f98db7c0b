import type { ReactNode } from 'react';
import { Chart } from '../../parts/chart/chart.tsx';
import { formatDuration } from '../../parts/format.ts';
import { formatFigure, stepWords } from './figures.ts';
import { GaugeCharts, labeled, useGauges } from './gauge-charts.tsx';

const tones = ['accent', 'ok', 'warn', 'neutral', 'bad'] as const;

const names = ['github_points_left', 'github_content_left', 'github_paused_seconds'];

export function useGithubBudget(hours: number): ReturnType<typeof useGauges> {
  return useGauges(names, hours);
}

/** What GitHub would still take, per credential. */
export function GithubBudget({ hours }: { readonly hours: number }): ReactNode {
  return (
    <GaugeCharts
      hours={hours}
      charts={3}
      names={names}
      nothing={<p>No credential of GitHub was used, so there is no budget to show.</p>}
    >
      {(gauges) => {
        const every = `average over ${stepWords(gauges.stepSeconds)}`;
        const toned = (name: string) =>
          labeled(gauges, name, 'credential').map((one, index) => ({
            ...one,
            tone: tones[index % tones.length] ?? 'accent',
          }));
        const charts = [
          {
            name: 'github_points_left',
            title: 'Points left',
            about: `of 900 a minute; ${every}`,
            format: formatFigure,
          },
          {
            name: 'github_content_left',
            title: 'Creations left',
            about: `of 500 an hour; ${every}`,
            format: formatFigure,
          },
          {
            name: 'github_paused_seconds',
            title: 'Until GitHub is asked again',
            about: every,
            format: (value: number) => formatDuration(value * 1000),
          },
        ];
        return charts
          .map((chart) => ({ ...chart, series: toned(chart.name) }))
          .filter(({ series }) => series.length > 0)
          .map(({ name, ...chart }) => <Chart key={name} {...chart} at={gauges.at} />);
      }}
    </GaugeCharts>
  );
}
