import { Link } from '@tanstack/react-router';
import { FilterX, Play } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { RunItem } from '../../../src/operations/runs/contract.ts';
import { listRuns } from '../../../src/operations/runs/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { Page } from '../../frame/page.tsx';
import { AgentName } from '../../parts/agent-name.tsx';
import { lookOf, Status } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Choice } from '../../parts/choice.tsx';
import { formatMoney, repositoryName } from '../../parts/format.ts';
import { usePageSearch } from '../../parts/page-search.ts';
import { RepositoryName } from '../../parts/repository-name.tsx';
import { Empty, Loaded, RowBones } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { Table } from '../../parts/table.tsx';
import { Duration, Time } from '../../parts/time.tsx';
import { runsSearch } from './search.ts';

const pageLength = 50;

const outcomes = [
  'succeeded',
  'no_change',
  'failed',
  'timed_out',
  'stalled',
  'over_budget',
  'blocked_by_policy',
  'interrupted',
  'canceled',
] as const;

const columns: readonly TableColumn<RunItem>[] = [
  {
    name: 'Run',
    cell: ({ id, taskTitle, attempt }) => (
      <Link to={`/runs/${id}`} className="font-medium hover:underline">
        {taskTitle}
        {attempt === 1 ? '' : `, attempt ${attempt}`}
      </Link>
    ),
  },
  {
    name: 'End',
    cell: ({ outcome }) => <Status status={outcome ?? 'running'} bare />,
    isWords: true,
  },
  {
    name: 'Repository',
    cell: ({ target }) => <RepositoryName target={target} />,
    isExtra: true,
  },
  { name: 'Agent', cell: ({ agent }) => <AgentName name={agent} />, isShort: true, isExtra: true },
  {
    name: 'Lasted',
    isFigure: true,
    cell: ({ startedAt, endedAt }) => <Duration from={startedAt} to={endedAt} />,
  },
  {
    name: 'Cost',
    isFigure: true,
    isExtra: true,
    cell: ({ costUsd, live }) =>
      costUsd === null ? (
        <span className="text-quiet">not known</span>
      ) : (
        <span title={live ? 'Reserved until it ends' : undefined}>
          {live ? 'up to ' : ''}
          {formatMoney(costUsd)}
        </span>
      ),
  },
  {
    name: 'Started',
    isFigure: true,
    isExtra: true,
    cell: ({ startedAt }) => <Time at={startedAt} />,
  },
];

export function RunsPage(): ReactNode {
  const [search, setSearch] = usePageSearch(runsSearch);
  const [limit, setLimit] = useState(pageLength);
  const { show, outcome, repo, agent } = search;
  const query = useAsk(
    listRuns,
    {
      limit,
      ...(show === undefined ? {} : { live: show === 'live' }),
      ...(outcome === undefined ? {} : { outcome: [outcome] }),
      ...(repo === undefined ? {} : { repo }),
      ...(agent === undefined ? {} : { agent }),
    },
    { keep: true },
  );
  const about = [
    show === undefined ? 'at work and ended' : show === 'live' ? 'at work' : 'ended',
    outcome === undefined ? '' : `as ${lookOf(outcome).word.toLowerCase()}`,
    repo === undefined ? '' : `in ${repositoryName(repo)}`,
    agent === undefined ? '' : `by ${agent}`,
  ];
  return (
    <Page
      title="Runs"
      about={about.filter(Boolean).join(', ')}
      actions={
        <>
          <Choice
            label="Show"
            value={show ?? 'all'}
            choices={[
              { value: 'all', word: 'All runs' },
              { value: 'live', word: 'At work' },
              { value: 'ended', word: 'Ended' },
            ]}
            onChoose={(value) => setSearch({ show: value === 'all' ? undefined : value })}
          />
          <Choice
            label="End"
            value={outcome ?? 'any'}
            choices={[
              { value: 'any', word: 'Any end' },
              ...outcomes.map((value) => ({ value: value as string, word: lookOf(value).word })),
            ]}
            onChoose={(value) => setSearch({ outcome: value === 'any' ? undefined : value })}
          />
        </>
      }
    >
      <Loaded query={query} skeleton={<RowBones />}>
        {({ items, next }) =>
          items.length === 0 ? (
            <NoRuns isFiltered={Object.values(search).some((value) => value !== undefined)} />
          ) : (
            <>
              <Table label="Runs" columns={columns} rows={items} keyOf={({ id }) => id} />
              {next === null ? null : (
                <div className="flex justify-center p-4">
                  <Button onClick={() => setLimit((now) => Math.min(500, now + pageLength))}>
                    Show more
                  </Button>
                </div>
              )}
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function NoRuns({ isFiltered }: { readonly isFiltered: boolean }): ReactNode {
  if (isFiltered) {
    return (
      <Empty icon={<FilterX aria-hidden size={24} />} title="No run is like this">
        <Link to="/runs" className="text-accent underline">
          Show all runs
        </Link>
      </Empty>
    );
  }
  return (
    <Empty icon={<Play aria-hidden size={24} />} title="No agent has worked yet">
      <p>
        A run begins when somebody approves a proposal.{' '}
        <Link to="/inbox" className="text-accent underline">
          See what waits
        </Link>
      </p>
    </Empty>
  );
}
