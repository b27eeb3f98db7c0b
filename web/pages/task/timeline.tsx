import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { TimelineEntry } from '../../../src/operations/tasks/contract.ts';
import { taskTimeline } from '../../../src/operations/tasks/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { Button } from '../../parts/button.tsx';
import { classNames } from '../../parts/class-names.ts';
import { Loaded, RowBones } from '../../parts/states.tsx';
import { Time } from '../../parts/time.tsx';
import { WithCode } from '../../parts/with-code.tsx';

const dots: Readonly<Record<TimelineEntry['kind'], string>> = {
  created: 'bg-line-strong',
  note: 'bg-line-strong',
  approval: 'bg-ok',
  void: 'bg-warn',
  run: 'bg-busy',
  run_end: 'bg-busy',
  audit: 'bg-line-strong',
};

/** What happened, newest first, and who did it. */
export function Timeline({ taskId }: { readonly taskId: string }): ReactNode {
  const [isAll, setIsAll] = useState(false);
  const query = useAsk(taskTimeline, { id: taskId });
  return (
    <>
      <h3 className="mb-3 font-semibold text-13">What happened</h3>
      <Loaded query={query} skeleton={<RowBones rows={3} />}>
        {({ entries }) => (
          <>
            <Entries
              entries={entries.filter(({ kind }) => isAll || kind !== 'audit').toReversed()}
            />
            <Button look="quiet" className="-ml-3" onClick={() => setIsAll((is) => !is)}>
              {isAll ? 'Leave out what the service did inside' : 'Also what the service did inside'}
            </Button>
          </>
        )}
      </Loaded>
    </>
  );
}

function Entries({ entries }: { readonly entries: readonly TimelineEntry[] }): ReactNode {
  return (
    <ol className="flex flex-col">
      {entries.map((entry, index) => (
        <li
          // Two entries may have the same moment and the same words.
          // oxlint-disable-next-line react/no-array-index-key
          key={`${entry.at} ${entry.code} ${entries.length - index}`}
          className="relative flex gap-3 pb-4 before:absolute before:top-3 before:bottom-0 before:left-[3px] before:w-px before:bg-line last:before:hidden"
        >
          <span
            aria-hidden
            className={classNames(
              'relative mt-[7px] size-[7px] shrink-0 rounded-full',
              dots[entry.kind],
            )}
          />
          <div className="min-w-0 text-13">
            <p className="break-words">
              {entry.runId === null ? (
                <WithCode text={entry.text} />
              ) : (
                <Link to={`/runs/${entry.runId}`} className="hover:underline">
                  <WithCode text={entry.text} />
                </Link>
              )}
            </p>
            <p className="text-12 text-quiet">
              {entry.actor === null ? null : `${entry.actor.name}, `}
              <Time at={entry.at} />
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}
