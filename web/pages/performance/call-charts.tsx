import type { UseQueryResult } from '@tanstack/react-query';
import { ChartLine } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Timeline } from '../../../src/operations/performance/contract.ts';
import { performanceTimeline } from '../../../src/operations/performance/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { Chart } from '../../parts/chart/chart.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { ChartBones } from './chart-bones.tsx';
import { ChartGrid } from './chart-grid.tsx';
import { formatFigure, formatMs, formatShare, stepWords } from './figures.ts';

type Area = 'operation' | 'upstream';

export function useCalls(
  area: Area,
  hours: number,
  name: string | undefined,
): UseQueryResult<Timeline> {
  return useAsk(
    performanceTimeline,
    { hours, area, ...(name === undefined ? {} : { name }) },
    { keep: true, everyMs: 60_000 },
  );
}

/** Rate, errors and durations of calls. */
export function CallCharts({
  area,
  hours,
  name,
  of,
}: {
  readonly area: Area;
  readonly hours: number;
  readonly name: string | undefined;
  /** `operations`. */
  readonly of: string;
}): ReactNode {
  const query = useCalls(area, hours, name);
  return (
    <Loaded query={query} skeleton={<ChartBones charts={3} />}>
      {(timeline) =>
        timeline.steps.every(({ calls }) => calls === 0) ? (
          <Empty icon={<ChartLine aria-hidden size={24} />} title={`No ${of} in this period`}>
            <p>
              Figures are kept every minute while the service runs and performance.monitoringEnabled
              is true.
            </p>
          </Empty>
        ) : (
          <Charts timeline={timeline} of={of} />
        )
      }
    </Loaded>
  );
}

function Charts({ timeline, of }: { readonly timeline: Timeline; readonly of: string }): ReactNode {
  const { stepSeconds } = timeline;
  const steps = wholeSteps(timeline);
  const at = steps.map((step) => new Date(step.at));
  const minutes = stepSeconds / 60;
  const every = `each point is ${stepWords(stepSeconds)}`;
  return (
    <ChartGrid>
      <Chart
        title="Rate"
        about={`${of} a minute; ${every}`}
        at={at}
        format={formatFigure}
        series={[{ name: 'calls', values: steps.map(({ calls }) => calls / minutes) }]}
      />
      <Chart
        title="Errors"
        about={`share of ${of}; ${every}`}
        at={at}
        format={formatShare}
        series={[
          { name: 'failed', tone: 'bad', values: steps.map(shareOf('failed')) },
          { name: 'refused', tone: 'warn', values: steps.map(shareOf('refused')) },
        ]}
      />
      <Chart
        title="Duration"
        about={`percentiles; ${every}`}
        at={at}
        format={formatMs}
        series={[
          { name: 'p50', tone: 'neutral', values: steps.map(({ p50Ms }) => p50Ms) },
          { name: 'p95', tone: 'accent', values: steps.map(({ p95Ms }) => p95Ms) },
          { name: 'p99', tone: 'warn', values: steps.map(({ p99Ms }) => p99Ms) },
        ]}
      />
    </ChartGrid>
  );
}

type Step = Timeline['steps'][number];

function shareOf(what: 'failed' | 'refused'): (step: Step) => number | null {
  return (step) => (step.calls === 0 ? null : step[what] / step.calls);
}

/** The step that has only begun would always look like a fall. */
function wholeSteps({ steps, until, stepSeconds }: Timeline): readonly Step[] {
  const last = steps.at(-1);
  if (last === undefined || steps.length < 2) return steps;
  const isWhole = Date.parse(last.at) + stepSeconds * 1000 <= Date.parse(until);
  return isWhole ? steps : steps.slice(0, -1);
}
