import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Page } from '../../frame/page.tsx';
import { Button } from '../../parts/button.tsx';
import { Choice } from '../../parts/choice.tsx';
import { usePageSearch } from '../../parts/page-search.ts';
import { TabLinks } from '../../parts/tab-links.tsx';
import { Together } from '../../parts/together.tsx';
import { BaselineButton } from './baseline-button.tsx';
import { CallCharts, useCalls } from './call-charts.tsx';
import { ChartBones } from './chart-bones.tsx';
import { GithubBudget, useGithubBudget } from './github-budget.tsx';
import { Queue } from './queue.tsx';
import { Resources } from './resources.tsx';
import { performanceSearch } from './search.ts';
import { SeriesTable } from './series-table.tsx';

const periods = [
  { value: '1', word: 'Last hour' },
  { value: '6', word: 'Last 6 hours' },
  { value: '24', word: 'Last 24 hours' },
  { value: '168', word: 'Last 7 days' },
  { value: '720', word: 'Last 30 days' },
] as const;

export function PerformancePage(): ReactNode {
  const [{ tab = 'operations', hours = 24, name }, setSearch] = usePageSearch(performanceSearch);
  const period = periods.find(({ value }) => value === String(hours));
  const isCalls = tab === 'operations' || tab === 'github';
  return (
    <Page
      title="Performance"
      about={`${period?.word.toLowerCase() ?? `last ${hours} hours`}${name === undefined ? '' : `, only ${name}`}`}
      actions={
        <>
          <Choice
            label="Period"
            value={String(hours)}
            choices={
              period === undefined
                ? [...periods, { value: String(hours), word: `Last ${hours} hours` }]
                : periods
            }
            onChoose={(value) => setSearch({ hours: Number(value) })}
          />
          {name === undefined || !isCalls ? null : (
            <Button
              icon={<X aria-hidden size={14} />}
              onClick={() => setSearch({ name: undefined })}
            >
              <span className="max-w-[240px] truncate">Only {name}</span>
            </Button>
          )}
          <span className="ml-auto">
            <BaselineButton hours={hours} />
          </span>
        </>
      }
    >
      <TabLinks
        label="Performance"
        current={tab}
        tabs={[
          { tab: 'operations', word: 'Operations' },
          { tab: 'github', word: 'GitHub' },
          { tab: 'resources', word: 'Resources' },
          { tab: 'queue', word: 'Queue' },
        ]}
      />
      {tab === 'operations' ? <Operations hours={hours} name={name} /> : null}
      {tab === 'github' ? <Github hours={hours} name={name} /> : null}
      {tab === 'resources' ? <Resources hours={hours} /> : null}
      {tab === 'queue' ? <Queue hours={hours} /> : null}
    </Page>
  );
}

interface Shown {
  readonly hours: number;
  readonly name: string | undefined;
}

function Operations({ hours, name }: Shown): ReactNode {
  return (
    <Together queries={[useCalls('operation', hours, name)]} skeleton={<ChartBones charts={3} />}>
      <CallCharts area="operation" hours={hours} name={name} of="operations" />
      <SeriesTable area="operation" hours={hours} label="Operations" />
    </Together>
  );
}

function Github({ hours, name }: Shown): ReactNode {
  const queries = [useCalls('upstream', hours, name), useGithubBudget(hours)];
  return (
    <Together queries={queries} skeleton={<ChartBones charts={3} />}>
      <CallCharts area="upstream" hours={hours} name={name} of="requests to GitHub" />
      <GithubBudget hours={hours} />
      <SeriesTable area="upstream" hours={hours} label="Requests to GitHub" />
    </Together>
  );
}
