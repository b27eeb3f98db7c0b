import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { useEffect, useRef, useState } from 'react';
import type { RunEvent } from '../../../src/operations/runs/contract.ts';
import { Button } from '../../parts/button.tsx';
import { EventRow } from './event-row.tsx';

/** As near to the end as counts for being there, in pixels. */
const nearEnd = 48;

/** Events of a run; only those in sight are drawn, so ten thousand scroll as ten do. It follows the end until one scrolls up. */
export function EventList({
  events,
  startedAt,
}: {
  readonly events: readonly RunEvent[];
  readonly startedAt: string;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [isFollowing, setIsFollowing] = useState(true);
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => box.current,
    estimateSize: () => 32,
    overscan: 12,
    getItemKey: (index) => events[index]?.seq ?? index,
  });
  const count = events.length;
  useEffect(() => {
    if (isFollowing && count > 0) rows.scrollToIndex(count - 1, { align: 'end' });
  }, [count, isFollowing, rows]);
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={box}
        role="log"
        aria-label="What the agent says and does"
        // A scrollable box has to be reachable by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="h-full overflow-y-auto"
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) =>
          setIsFollowing(scrollHeight - scrollTop - clientHeight < nearEnd)
        }
      >
        <div className="relative w-full" style={{ height: `${rows.getTotalSize()}px` }}>
          {rows.getVirtualItems().map(({ key, index, start }) => {
            const event = events[index];
            return event === undefined ? null : (
              <div
                key={key}
                ref={rows.measureElement}
                data-index={index}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${start}px)` }}
              >
                <EventRow event={event} startedAt={startedAt} />
              </div>
            );
          })}
        </div>
      </div>
      {isFollowing ? null : (
        <Button
          className="absolute right-4 bottom-4 shadow-float"
          icon={<ArrowDown aria-hidden size={14} />}
          onClick={() => setIsFollowing(true)}
        >
          To the end
        </Button>
      )}
    </div>
  );
}
