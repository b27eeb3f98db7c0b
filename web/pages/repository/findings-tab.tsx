import { Link } from '@tanstack/react-router';
import { CircleCheckBig, FilterX } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { FindingItem } from '../../../src/operations/findings/contract.ts';
import { listFindings } from '../../../src/operations/findings/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { Status } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { SearchBox } from '../../parts/search-box.tsx';
import { Empty, Loaded, RowBones } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { kindWord } from '../../parts/words.ts';

const pageLength = 100;

const columns: readonly TableColumn<FindingItem>[] = [
  {
    name: 'Finding',
    cell: ({ text, path, line, url }) => {
      const place = line > 0 ? `${path}:${line}` : path;
      return (
        <>
          <span className="line-clamp-2">{text}</span>
          {url === null ? (
            <code className="text-12 text-quiet">{place}</code>
          ) : (
            <a
              href={url}
              target="_blank"
              rel="noopener noreferrer"
              className="font-mono text-12 text-accent underline"
            >
              {place}
            </a>
          )}
        </>
      );
    },
  },
  { name: 'Kind', cell: ({ rule, tag }) => tag ?? kindWord(rule), isShort: true, isExtra: true },
  {
    name: 'Task',
    cell: ({ task }) =>
      task === null ? (
        <span className="text-quiet">not proposed</span>
      ) : (
        <Link to={`/tasks/${task.id}`} className="hover:underline">
          <Status status={task.state} bare />
        </Link>
      ),
    isWords: true,
  },
  {
    name: 'First seen',
    isFigure: true,
    isExtra: true,
    cell: ({ firstSeen }) => <Time at={firstSeen} />,
  },
];

/** What is open in the code or among the issues, by place. */
export function FindingsTab({
  repo,
  words,
  onSearch,
}: {
  readonly repo: string;
  readonly words: string;
  readonly onSearch: (words: string) => void;
}): ReactNode {
  const [limit, setLimit] = useState(pageLength);
  const query = useAsk(
    listFindings,
    { repo, status: ['open'], limit, ...(words === '' ? {} : { q: words }) },
    { keep: true },
  );
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-line border-b px-4 py-2">
        <SearchBox label="Search findings" value={words} onSearch={onSearch} />
      </div>
      <Loaded query={query} skeleton={<RowBones />}>
        {({ items, next }) =>
          items.length === 0 ? (
            <NoFindings isFiltered={words !== ''} />
          ) : (
            <>
              <Table label="Findings" columns={columns} rows={items} keyOf={({ id }) => id} />
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
    </>
  );
}

function NoFindings({ isFiltered }: { readonly isFiltered: boolean }): ReactNode {
  return isFiltered ? (
    <Empty icon={<FilterX aria-hidden size={24} />} title="No finding has these words" />
  ) : (
    <Empty icon={<CircleCheckBig aria-hidden size={24} />} title="Nothing is left over here">
      <p>The last scan found no open work.</p>
    </Empty>
  );
}
