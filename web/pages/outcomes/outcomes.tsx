import { Link } from '@tanstack/react-router';
import { ChartColumn, X } from 'lucide-react';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import { showOutcomes } from '../../../src/operations/outcomes/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { Page } from '../../frame/page.tsx';
import { Button } from '../../parts/button.tsx';
import { Choice } from '../../parts/choice.tsx';
import { repositoryName } from '../../parts/format.ts';
import { usePageSearch } from '../../parts/page-search.ts';
import { Bone, Empty, Loaded } from '../../parts/states.tsx';
import { Figure } from './figure.tsx';
import { OutcomeTables } from './outcome-tables.tsx';
import { outcomesSearch } from './search.ts';
import { Trends } from './trends.tsx';

type Outcomes = z.output<typeof showOutcomes.output>;

const periods = [7, 30, 90, 365] as const;
type Period = (typeof periods)[number];

const periodWords: Readonly<Record<Period, string>> = {
  7: 'Last 7 days',
  30: 'Last 30 days',
  90: 'Last 90 days',
  365: 'Last 365 days',
};

/** Four figures with their change, then trends, then tables. */
export function OutcomesPage(): ReactNode {
  const [search, setSearch] = usePageSearch(outcomesSearch);
  const { days = 30, repo, by = 'kind' } = search;
  const query = useAsk(
    showOutcomes,
    { days, ...(repo === undefined ? {} : { repo }) },
    { keep: true, everyMs: 60_000 },
  );
  return (
    <Page
      title="Outcomes"
      about={`${periodWords[days].toLowerCase()}, ${repo === undefined ? 'all repositories' : `in ${repositoryName(repo)}`}`}
      actions={
        <>
          <Choice
            label="Period"
            value={String(days)}
            choices={periods.map((one) => ({ value: String(one), word: periodWords[one] }))}
            onChoose={(value) => setSearch({ days: periods.find((one) => String(one) === value) })}
          />
          {repo === undefined ? null : (
            <Button
              icon={<X aria-hidden size={14} />}
              onClick={() => setSearch({ repo: undefined })}
            >
              <span className="max-w-[200px] truncate">Only {repositoryName(repo)}</span>
            </Button>
          )}
        </>
      }
    >
      <Loaded query={query} skeleton={<OutcomeBones />}>
        {(outcomes) =>
          isNothing(outcomes) ? (
            <Nothing days={days} onLonger={() => setSearch({ days: 365 })} />
          ) : (
            <>
              <Figures outcomes={outcomes} days={days} />
              <Trends trend={outcomes.trend} days={days} />
              <OutcomeTables outcomes={outcomes} by={by} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function Figures({
  outcomes,
  days,
}: {
  readonly outcomes: Outcomes;
  readonly days: number;
}): ReactNode {
  return (
    <dl className="grid grid-cols-2 gap-px border-line border-b bg-line lg:grid-cols-4">
      {outcomes.figures.map((figure) => (
        <Figure key={figure.key} figure={figure} days={days} />
      ))}
    </dl>
  );
}

/** Nothing in the period nor in the one before it. */
function isNothing({ totals, figures }: Outcomes): boolean {
  const { proposed, approved, rejected, merged, runs } = totals;
  return (
    proposed + approved + rejected + merged + runs === 0 &&
    figures.every(({ previous }) => previous === null || previous === 0)
  );
}

function Nothing({
  days,
  onLonger,
}: {
  readonly days: Period;
  readonly onLonger: () => void;
}): ReactNode {
  return (
    <Empty
      icon={<ChartColumn aria-hidden size={24} />}
      title={`Nothing happened in the last ${days} days`}
    >
      <p>
        Figures begin with the first proposal: a scan finds work,{' '}
        <Link to="/inbox" className="text-accent underline">
          you approve it
        </Link>
        , an agent does it.
      </p>
      {days === 365 ? null : (
        <Button className="mt-3" onClick={onLonger}>
          Look at 365 days
        </Button>
      )}
    </Empty>
  );
}

function OutcomeBones(): ReactNode {
  return (
    <>
      <div className="grid grid-cols-2 border-line border-b lg:grid-cols-4">
        {periods.map((one) => (
          <div key={one} className="flex h-[104px] flex-col justify-between px-4 py-4">
            <Bone width={16} />
            <Bone width={8} />
            <Bone width={22} />
          </div>
        ))}
      </div>
      <div className="grid gap-8 px-4 py-5 lg:grid-cols-3">
        {[22, 26, 20].map((width) => (
          <div key={width} className="flex h-[228px] flex-col gap-2">
            <Bone width={width} />
            <Bone width={30} />
          </div>
        ))}
      </div>
    </>
  );
}
