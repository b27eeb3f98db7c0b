import { Link } from '@tanstack/react-router';
import { FilterX, FolderGit2, FolderPlus } from 'lucide-react';
import type { ReactNode } from 'react';
import type { RepositoryLine } from '../../../src/operations/repositories/contract.ts';
import { listRepositories } from '../../../src/operations/repositories/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { Page } from '../../frame/page.tsx';
import { Status } from '../../parts/badge.tsx';
import { Choice } from '../../parts/choice.tsx';
import { counted, formatCount, formatDuration, repositoryName } from '../../parts/format.ts';
import { usePageSearch } from '../../parts/page-search.ts';
import { SearchBox } from '../../parts/search-box.tsx';
import { Empty, Loaded, RowBones } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { WithCode } from '../../parts/with-code.tsx';
import { choose } from './choose.ts';
import { PauseRepository } from './pause-repository.tsx';
import type { RepositoriesSearch } from './search.ts';
import { repositoriesSearch } from './search.ts';

type State = NonNullable<RepositoriesSearch['state']>;
type Sort = NonNullable<RepositoriesSearch['sort']>;

const stateWords: Readonly<Record<State, string>> = {
  active: 'Active',
  paused: 'Paused',
  never_scanned: 'Never scanned',
  problem: 'Last scan failed',
  differs: 'With a policy of their own',
};
const sortWords: Readonly<Record<Sort, string>> = {
  name: 'By name',
  findings: 'Most findings',
  proposals: 'Most proposals',
  merged: 'Most merged',
  oldest: 'Longest not scanned',
};

const linked = 'hover:text-accent hover:underline';

const columns: readonly TableColumn<RepositoryLine>[] = [
  {
    name: 'Repository',
    cell: ({ name, host }) => (
      <>
        <Link to="/repository" search={{ repo: name }} className="font-medium hover:underline">
          {repositoryName(name)}
        </Link>
        {host === 'local' ? (
          <span className="block max-w-[280px] truncate text-12 text-quiet" title={name}>
            folder on this machine
          </span>
        ) : null}
      </>
    ),
  },
  {
    name: 'State',
    cell: ({ state, pausedBy, runsLive, name }) => (
      <>
        <Status status={state} bare />
        {state === 'paused' && pausedBy !== null ? (
          <span className="block text-12 text-quiet">by {pausedBy}</span>
        ) : null}
        {runsLive === 0 ? null : (
          <Link
            to="/runs"
            search={{ show: 'live', repo: name }}
            className={`block text-12 text-busy ${linked}`}
          >
            {counted(runsLive, 'run')} at work
          </Link>
        )}
      </>
    ),
  },
  { name: 'Last scan', isExtra: true, cell: ({ lastScan }) => <LastScan scan={lastScan} /> },
  {
    name: 'Findings',
    isFigure: true,
    isExtra: true,
    cell: ({ name, findingsOpen }) => (
      <Link to="/repository" search={{ repo: name, tab: 'findings' }} className={linked}>
        {formatCount(findingsOpen)}
      </Link>
    ),
  },
  {
    name: 'Waiting',
    isFigure: true,
    cell: ({ name, proposalsOpen }) => (
      <Link to="/inbox" search={{ repo: name }} className={linked}>
        {formatCount(proposalsOpen)}
      </Link>
    ),
  },
  {
    name: 'Merged',
    isFigure: true,
    cell: ({ name, merged }) => (
      <Link to="/tasks" search={{ repo: name, state: 'done' }} className={linked}>
        {formatCount(merged)}
      </Link>
    ),
  },
  {
    name: 'Policy',
    isExtra: true,
    cell: ({ name, differences }) => (
      <Link
        to="/repository"
        search={{ repo: name, tab: 'policy' }}
        className={linked}
        title={differences.map(({ key }) => key).join(', ')}
      >
        {differences.length === 0 ? (
          <span className="text-quiet">as usual</span>
        ) : (
          counted(differences.length, 'difference')
        )}
      </Link>
    ),
  },
  {
    name: 'Pause',
    isFigure: true,
    isExtra: true,
    isActs: true,
    cell: (line) => <PauseRepository line={line} />,
  },
];

function LastScan({ scan }: { readonly scan: RepositoryLine['lastScan'] }): ReactNode {
  if (scan === null) return <span className="text-quiet">not yet</span>;
  const { at, requests, durationMs, problem } = scan;
  const cost = [
    requests === null ? null : counted(requests, 'request'),
    durationMs === null ? null : formatDuration(durationMs),
  ].filter((part) => part !== null);
  return (
    <>
      <Time at={at} />
      <span className="block text-12 text-quiet">{cost.join(', ') || 'cost not measured'}</span>
      {problem === null ? null : (
        <span className="line-clamp-2 max-w-[320px] text-12 text-bad" title={problem}>
          Failed: <WithCode text={problem} />
        </span>
      )}
    </>
  );
}

/** What is watched. */
export function RepositoriesPage(): ReactNode {
  const [search, setSearch] = usePageSearch(repositoriesSearch);
  const query = useAsk(listRepositories, {}, { everyMs: 60_000 });
  const { q, state, sort } = search;
  const about = [
    state === undefined ? 'all that are watched' : stateWords[state].toLowerCase(),
    q === undefined ? '' : `with “${q}”`,
    sort === undefined ? '' : sortWords[sort].toLowerCase(),
  ];
  return (
    <Page
      title="Repositories"
      about={about.filter(Boolean).join(', ')}
      actions={
        <>
          <SearchBox
            label="Search repositories"
            value={q ?? ''}
            onSearch={(words) =>
              setSearch({ q: words === '' ? undefined : words }, { replace: true })
            }
          />
          <Choice
            label="State"
            value={state ?? 'all'}
            choices={[
              { value: 'all', word: 'Any state' },
              ...Object.entries(stateWords).map(([value, word]) => ({ value, word })),
            ]}
            onChoose={(value) =>
              setSearch({ state: repositoriesSearch.shape.state.safeParse(value).data })
            }
          />
          <Choice
            label="Order"
            value={sort ?? 'name'}
            choices={Object.entries(sortWords).map(([value, word]) => ({ value, word }))}
            onChoose={(value) =>
              setSearch({
                sort: value === 'name' ? undefined : repositoriesSearch.shape.sort.parse(value),
              })
            }
          />
        </>
      }
    >
      <Loaded query={query} skeleton={<RowBones />}>
        {({ items }) => <Rows all={items} search={search} />}
      </Loaded>
    </Page>
  );
}

function Rows({
  all,
  search,
}: {
  readonly all: readonly RepositoryLine[];
  readonly search: RepositoriesSearch;
}): ReactNode {
  if (all.length === 0) {
    return (
      <Empty icon={<FolderPlus aria-hidden size={24} />} title="No repository is watched yet">
        <p>
          <Link to="/first-run" className="text-accent underline">
            Set up the first one
          </Link>
          : name it, check the token and the agent, scan it.
        </p>
      </Empty>
    );
  }
  const rows = choose(all, search);
  if (rows.length === 0) {
    return (
      <Empty icon={<FilterX aria-hidden size={24} />} title="No repository is like this">
        <Link to="/repositories" className="text-accent underline">
          Show all {formatCount(all.length)}
        </Link>
      </Empty>
    );
  }
  return (
    <>
      <Table label="Repositories" columns={columns} rows={rows} keyOf={({ name }) => name} />
      <p className="flex items-center gap-2 px-4 py-3 text-12 text-quiet">
        <FolderGit2 aria-hidden size={13} />
        {rows.length === all.length
          ? counted(all.length, 'repository', 'repositories')
          : `${formatCount(rows.length)} of ${counted(all.length, 'repository', 'repositories')}`}
      </p>
    </>
  );
}
