import type { Change, ChangeFeed } from '../../domain/ports/change-feed.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { ChangeNotice, WatchedChange } from './contract.ts';
import { watchChanges } from './contract.ts';

/** A watcher that is behind gets its news in portions of so many. */
const portion = 200;

/** What `watchHandlers` needs: the feed, and one listening connection for all who watch. */
export type WatchPorts = Pick<ChangeFeed, 'latest' | 'since' | 'watch'>;

/** `changes.watch` answers events without end; they end with the signal of the call. */
export function watchHandlers(feed: WatchPorts): readonly Served[] {
  const wakers = new Set<() => void>();
  let stop: (() => Promise<void>) | null = null;
  const join = (waker: () => void): (() => void) => {
    wakers.add(waker);
    stop ??= feed.watch(() => {
      for (const wake of wakers) wake();
    });
    return () => {
      wakers.delete(waker);
      if (wakers.size > 0) return;
      // The connection is closed behind the last watcher; a new one opens another.
      void stop?.();
      stop = null;
    };
  };
  return [
    serve(
      { ...watchChanges, output: watchChanges.output as never },
      async ({ after }, { signal }) => eventsFrom(feed, join, after, signal),
    ),
  ];
}

async function* eventsFrom(
  feed: WatchPorts,
  join: (waker: () => void) => () => void,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<WatchedChange> {
  let isNews = true;
  let wake: () => void = () => undefined;
  const leave = join(() => {
    isNews = true;
    wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  try {
    let cursor = after ?? (await feed.latest());
    // The first event tells the cursor, so that a break right after it misses nothing.
    if (after === undefined) yield { cursor, reset: false, changes: [] };
    while (!signal.aborted) {
      isNews = false;
      const { changes, next, reset } = await feed.since(cursor, portion);
      cursor = next;
      if (changes.length > 0 || reset) yield { cursor, reset, changes: changes.map(noticeOf) };
      if (changes.length === portion) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (isNews || signal.aborted) resolve();
      });
    }
  } finally {
    leave();
    signal.removeEventListener('abort', onAbort);
  }
}

function noticeOf({ at, ...change }: Change): ChangeNotice {
  return { ...change, at: at.toISOString() };
}
