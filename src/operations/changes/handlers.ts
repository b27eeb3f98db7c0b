import type { ChangeFeed } from '../../domain/ports/change-feed.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { listChanges } from './contract.ts';

/** What changed since a cursor, for who asks now and then. */
export function changeHandlers(feed: Pick<ChangeFeed, 'latest' | 'since'>): readonly Served[] {
  return [
    serve(listChanges, async ({ after, limit }) => {
      if (after === undefined) return { changes: [], next: await feed.latest(), reset: false };
      const { changes, next, reset } = await feed.since(after, limit);
      return {
        changes: changes.map((change) => ({ ...change, at: change.at.toISOString() })),
        next,
        reset,
      };
    }),
  ];
}
