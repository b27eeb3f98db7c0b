import type { ReactNode } from 'react';
import { useDeferredValue, useEffect, useRef } from 'react';
import type { TaskLine } from '../../../src/operations/tasks/contract.ts';
import { Status } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { classNames } from '../../parts/class-names.ts';
import { repositoryName } from '../../parts/format.ts';
import { Time } from '../../parts/time.tsx';
import { kindWord } from '../../parts/words.ts';

interface ListParts {
  readonly tasks: readonly TaskLine[];
  readonly currentId: string | undefined;
  readonly selected: ReadonlySet<string>;
  readonly onOpen: (id: string) => void;
  readonly onSelect: (id: string, isRange: boolean) => void;
  readonly more?: () => void;
}

/** The least height of a row, in pixels. */
const rowHeight = 60;

export function InboxList({
  tasks,
  currentId,
  selected,
  onOpen,
  onSelect,
  more,
}: ListParts): ReactNode {
  const current = useRef<HTMLLIElement>(null);
  // First as many as the window may have room for; those below are drawn right after them.
  const room = useDeferredValue(
    Number.POSITIVE_INFINITY,
    Math.ceil(window.innerHeight / rowHeight),
  );
  const rows = tasks.slice(0, room);
  const shownId = rows.some(({ id }) => id === currentId) ? currentId : undefined;
  useEffect(() => {
    if (shownId !== undefined) current.current?.scrollIntoView({ block: 'nearest' });
  }, [shownId]);
  return (
    <ul aria-label="Proposals" className="min-h-0 flex-1 overflow-y-auto">
      {rows.map((task) => (
        <li key={task.id} ref={task.id === currentId ? current : null}>
          <Row
            task={task}
            isCurrent={task.id === currentId}
            isSelected={selected.has(task.id)}
            onOpen={onOpen}
            onSelect={onSelect}
          />
        </li>
      ))}
      {more === undefined ? null : (
        <li className="flex justify-center p-3">
          <Button onClick={more}>Show more</Button>
        </li>
      )}
    </ul>
  );
}

function Row({
  task,
  isCurrent,
  isSelected,
  onOpen,
  onSelect,
}: {
  readonly task: TaskLine;
  readonly isCurrent: boolean;
  readonly isSelected: boolean;
} & Pick<ListParts, 'onOpen' | 'onSelect'>): ReactNode {
  return (
    <div
      className={classNames(
        'group relative flex items-start gap-3 border-line border-b border-l-2 py-3 pr-4 pl-3',
        isCurrent ? 'border-l-accent bg-selected' : 'border-l-transparent hover:bg-hover',
      )}
    >
      <input
        type="checkbox"
        aria-label={`Select ${task.title}`}
        checked={isSelected}
        onClick={(event) => onSelect(task.id, event.shiftKey)}
        onChange={() => undefined}
        className="relative z-10 mt-[3px] size-[14px] shrink-0 accent-accent-solid"
      />
      <div className="min-w-0 flex-1">
        <button
          type="button"
          aria-current={isCurrent}
          onClick={() => onOpen(task.id)}
          className="line-clamp-2 w-full text-left text-13 font-medium outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          {task.title}
        </button>
        <p className="mt-1 flex flex-wrap items-center gap-x-2 text-12 text-quiet">
          <span className="font-medium text-text">{repositoryName(task.target)}</span>
          <span>{kindWord(task.kind)}</span>
          <Time at={task.createdAt} />
          {task.state === 'proposed' ? null : <Status status={task.state} bare />}
        </p>
        {task.topReason === null ? null : (
          <p className="truncate text-12 text-quiet">{task.topReason}</p>
        )}
      </div>
      <span
        className="mt-[1px] w-7 shrink-0 text-right text-13 font-medium text-quiet"
        title={`Rank ${task.rank} of 100`}
      >
        <span className="sr-only">Rank </span>
        {task.rank}
      </span>
    </div>
  );
}
