import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { useLayoutEffect, useRef, useState } from 'react';
import type { RunEvent } from '../../../src/operations/runs/contract.ts';
import { Button } from '../../parts/button.tsx';
import { counted } from '../../parts/format.ts';
import { EventRow } from './event-row.tsx';

/** As near to the end as counts for being there, in pixels. */
const nearEnd = 48;

/**
 * Events of a run; only those in sight are drawn, so ten thousand scroll as ten do. It opens at its end and follows it until
 * one scrolls up; what is put in front then moves nothing that is being read.
 */
export function EventList({
  events,
  earlier,
  startedAt,
}: {
  readonly events: readonly RunEvent[];
  /** How many before these are still being read. */
  readonly earlier: number;
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
  /** The event at the upper edge, and how much of it is above. */
  const upper = useRef<{ readonly seq: number; readonly above: number } | null>(null);
  const noteUpper = (scrollTop: number): void => {
    const row = rows.getVirtualItemForOffset(scrollTop);
    const event = row === undefined ? undefined : events[row.index];
    if (row !== undefined && event !== undefined)
      upper.current = { seq: event.seq, above: scrollTop - row.start };
  };
  const firstSeq = events[0]?.seq;
  useLayoutEffect(() => {
    if (isFollowing && count > 0) rows.scrollToIndex(count - 1, { align: 'end' });
  }, [count, isFollowing, rows]);
  const isFollowingNow = useRef(isFollowing);
  isFollowingNow.current = isFollowing;
  const eventsNow = useRef(events);
  eventsNow.current = events;
  useLayoutEffect(() => {
    if (firstSeq === undefined || isFollowingNow.current || upper.current === null) return;
    const { seq, above } = upper.current;
    const index = eventsNow.current.findIndex((event) => event.seq === seq);
    const [offset] = rows.getOffsetForIndex(index, 'start') ?? [];
    if (offset !== undefined) rows.scrollToOffset(offset + above);
  }, [firstSeq, rows]);
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
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          setIsFollowing(scrollHeight - scrollTop - clientHeight < nearEnd);
          noteUpper(scrollTop);
        }}
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
      {earlier === 0 ? null : (
        <p
          role="status"
          className="appear-late pointer-events-none absolute inset-x-0 top-2 mx-auto w-fit rounded-6 border border-line bg-raised px-3 py-1 text-12 text-quiet shadow-float"
        >
          Reading {counted(earlier, 'earlier event')}
        </p>
      )}
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
