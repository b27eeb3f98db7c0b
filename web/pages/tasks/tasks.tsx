import { Link } from '@tanstack/react-router';
import { FilterX } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { TaskState } from '../../../src/domain/task.ts';
import { taskStates } from '../../../src/domain/task.ts';
import type { TaskLine } from '../../../src/operations/tasks/contract.ts';
import { listTasks } from '../../../src/operations/tasks/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { Page } from '../../frame/page.tsx';
import { AgentName } from '../../parts/agent-name.tsx';
import { lookOf, Status } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Choice } from '../../parts/choice.tsx';
import { repositoryName } from '../../parts/format.ts';
import { NothingProposed } from '../../parts/nothing-proposed.tsx';
import { usePageSearch } from '../../parts/page-search.ts';
import { RepositoryName } from '../../parts/repository-name.tsx';
import { SearchBox } from '../../parts/search-box.tsx';
import { Empty, Loaded, RowBones } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { kindWord } from '../../parts/words.ts';
import { firstList, pageLength, tasksSearch } from './search.ts';

const columns: readonly TableColumn<TaskLine>[] = [
  {
    name: 'Task',
    cell: ({ id, title }) => (
      <Link to={`/tasks/${id}`} className="font-medium hover:underline">
        {title}
      </Link>
    ),
  },
  { name: 'State', cell: ({ state }) => <Status status={state} bare />, isWords: true },
  {
    name: 'Repository',
    cell: ({ target }) => <RepositoryName target={target} />,
    isExtra: true,
  },
  { name: 'Kind', cell: ({ kind }) => kindWord(kind), isShort: true, isExtra: true },
  { name: 'Agent', cell: ({ agent }) => <AgentName name={agent} />, isShort: true, isExtra: true },
  { name: 'Rank', cell: ({ rank }) => rank, isFigure: true, isExtra: true },
  { name: 'Changed', cell: ({ updatedAt }) => <Time at={updatedAt} />, isFigure: true },
];

export function TasksPage(): ReactNode {
  const [search, setSearch] = usePageSearch(tasksSearch);
  const [limit, setLimit] = useState(pageLength);
  const states = (search.state ?? '')
    .split(' ')
    .filter((one): one is TaskState => taskStates.some((state) => state === one));
  const { repo, agent, kind, q, sort } = search;
  const query = useAsk(
    listTasks,
    {
      limit,
      sort: sort ?? firstList.sort,
      ...(states.length === 0 ? {} : { state: states }),
      ...(repo === undefined ? {} : { repo }),
      ...(agent === undefined ? {} : { agent }),
      ...(kind === undefined ? {} : { kind: [kind] }),
      ...(q === undefined ? {} : { q }),
    },
    { keep: true },
  );
  const about = [
    states.length === 0
      ? 'in any state'
      : states.map((one) => lookOf(one).word.toLowerCase()).join(' or '),
    repo === undefined ? '' : `in ${repositoryName(repo)}`,
    agent === undefined ? '' : `for ${agent}`,
    kind === undefined ? '' : `of kind ${kindWord(kind)}`,
    q === undefined ? '' : `with “${q}”`,
  ];
  const isFiltered = states.length > 0 || [repo, agent, kind, q].some((one) => one !== undefined);
  return (
    <Page
      title="Tasks"
      about={about.filter(Boolean).join(', ')}
      actions={
        <>
          <SearchBox
            label="Search tasks"
            value={q ?? ''}
            onSearch={(words) =>
              setSearch({ q: words === '' ? undefined : words }, { replace: true })
            }
          />
          <Choice
            label="State"
            value={search.state ?? ''}
            choices={[
              { value: '', word: 'Any state' },
              ...taskStates.map((state) => ({ value: state as string, word: lookOf(state).word })),
              ...(states.length > 1
                ? [
                    {
                      value: search.state ?? '',
                      word: states.map((one) => lookOf(one).word).join(', '),
                    },
                  ]
                : []),
            ]}
            onChoose={(value) => setSearch({ state: value === '' ? undefined : value })}
          />
        </>
      }
    >
      <Loaded query={query} skeleton={<RowBones />}>
        {({ items, next }) =>
          items.length === 0 && !isFiltered ? (
            <NothingProposed />
          ) : items.length === 0 ? (
            <Empty icon={<FilterX aria-hidden size={24} />} title="No task is like this">
              <Link to="/tasks" className="text-accent underline">
                Show all tasks
              </Link>
            </Empty>
          ) : (
            <>
              <Table label="Tasks" columns={columns} rows={items} keyOf={({ id }) => id} />
              {next === null ? null : (
                <div className="flex justify-center p-4">
                  <Button onClick={() => setLimit((now) => Math.min(1000, now + pageLength))}>
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
