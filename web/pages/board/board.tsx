import { Link } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { type ReactNode, useDeferredValue } from 'react';
import { countTasks, listTasks } from '../../../src/operations/tasks/contract.ts';
import { useAsk, useAskEach } from '../../data/data.tsx';
import { Page } from '../../frame/page.tsx';
import { lookOf, toneText } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { classNames } from '../../parts/class-names.ts';
import { formatCount, repositoryName } from '../../parts/format.ts';
import { usePageSearch } from '../../parts/page-search.ts';
import { Bone, ErrorPanel } from '../../parts/states.tsx';
import { useNow } from '../../parts/time.tsx';
import { Together } from '../../parts/together.tsx';
import { Card } from './card.tsx';
import type { Column, Filter } from './columns.ts';
import { columns, inputOf } from './columns.ts';
import { boardSearch } from './search.ts';

const weekMs = 7 * 24 * 3_600_000;

/** The least height of a card with what keeps it from the next, in pixels. */
const cardHeight = 72;

type Tasks = ReturnType<typeof useAskEach<typeof listTasks>>[number];

/** All work by where it stands. */
export function BoardPage(): ReactNode {
  const [search, setSearch] = usePageSearch(boardSearch);
  const inputs = columns.map((column) => inputOf(column, search));
  const queries = useAskEach(listTasks, inputs, { keep: true });
  const [first] = queries;
  const { data: counts } = useAsk(countTasks, search, { keep: true });
  const { repo, agent } = search;
  const about = [
    repo === undefined ? 'every repository' : repositoryName(repo),
    agent === undefined ? '' : `agent ${agent}`,
  ];
  return (
    <Page
      title="Board"
      about={about.filter(Boolean).join(', ')}
      {...(repo === undefined && agent === undefined
        ? {}
        : {
            actions: (
              <Button onClick={() => setSearch({ repo: undefined, agent: undefined })}>
                Show everything
                <X aria-hidden size={13} />
              </Button>
            ),
          })}
    >
      {first?.data === undefined && (first?.error ?? null) !== null ? (
        // What keeps one column from being read keeps all: it is said once.
        <ErrorPanel error={first?.error} retry={() => void first?.refetch()} />
      ) : (
        // Side by side they would come one by one; one below the other each would push the next.
        <Together
          queries={queries}
          skeleton={
            <Columns>
              {columns.map((column) => (
                <ColumnView key={column.title} column={column} filter={search} count={undefined} />
              ))}
            </Columns>
          }
        >
          <Columns>
            {columns.map((column, index) => (
              <ColumnView
                key={column.title}
                column={column}
                query={queries[index]}
                filter={search}
                count={
                  counts === undefined || column.isThisWeek === true
                    ? undefined
                    : column.states.reduce((sum, state) => sum + (counts.states[state] ?? 0), 0)
                }
              />
            ))}
          </Columns>
        </Together>
      )}
    </Page>
  );
}

function Columns({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <div className="grid grid-cols-1 gap-x-3 gap-y-6 p-4 sm:grid-cols-2 md:grid-cols-3 lg:grid-cols-6">
      {children}
    </div>
  );
}

function ColumnView({
  column,
  query,
  filter,
  count,
}: {
  readonly column: Column;
  /** None while the columns are not all there. */
  readonly query?: Tasks | undefined;
  readonly filter: Filter;
  /** All that are in it, also those not shown; unknown while the counts are read. */
  readonly count: number | undefined;
}): ReactNode {
  const now = useNow(60_000);
  const tasks = (query?.data?.items ?? []).filter(
    ({ updatedAt }) =>
      column.isThisWeek !== true || now.getTime() - new Date(updatedAt).getTime() < weekMs,
  );
  const all = count ?? tasks.length;
  // First as many as the window may have room for; those below are drawn right after them.
  const room = useDeferredValue(
    Number.POSITIVE_INFINITY,
    Math.ceil(window.innerHeight / cardHeight),
  );
  const { icon: Icon, tone } = lookOf(column.look);
  return (
    <section aria-label={column.title} className="flex min-w-0 flex-col gap-2">
      <h2 className="flex items-center gap-2 text-13 font-semibold">
        <Icon aria-hidden size={15} className={classNames('shrink-0', toneText[tone])} />
        <span className="truncate">{column.title}</span>
        <Link
          to="/tasks"
          search={{ ...filter, state: column.states.join(' ') }}
          className="rounded-3 px-1 font-normal text-quiet hover:text-text hover:underline"
          aria-label={`${all} ${column.title.toLowerCase()}, show the list`}
        >
          {query?.data === undefined ? '' : formatCount(all)}
        </Link>
      </h2>
      {query?.data === undefined ? (
        (query?.error ?? null) === null ? (
          <div className="rounded-6 border border-line bg-surface p-3">
            <Bone width={18} />
          </div>
        ) : (
          <ErrorPanel error={query?.error} retry={() => void query?.refetch()} />
        )
      ) : tasks.length === 0 ? (
        <p className="text-12 text-quiet">{column.nothing}</p>
      ) : (
        <ul className="flex flex-col gap-2">
          {tasks.slice(0, room).map((task) => (
            <li key={task.id} className="appear">
              <Card task={task} />
            </li>
          ))}
          {all > tasks.length && column.isThisWeek !== true ? (
            <li className="px-1 text-12">
              <Link
                to="/tasks"
                search={{ ...filter, state: column.states.join(' ') }}
                className="text-accent underline"
              >
                {formatCount(all - tasks.length)} more
              </Link>
            </li>
          ) : null}
        </ul>
      )}
    </section>
  );
}
