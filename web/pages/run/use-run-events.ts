import { useEffect, useState } from 'react';
import type { RunEvent } from '../../../src/operations/runs/contract.ts';
import { runEvents } from '../../../src/operations/runs/contract.ts';
import { useData } from '../../data/data.tsx';

export interface RunEvents {
  /** Without a gap, up to the newest. */
  readonly events: readonly RunEvent[];
  /** How many before these are still being read. */
  readonly earlier: number;
  /** True until the newest of what was there at the beginning has been read. */
  readonly isReading: boolean;
  readonly error: unknown;
}

/** So many from the end are read first: what happened last is what a person came for. */
const tailLength = 400;
const pageLength = 2000;
const waitSeconds = 20;
const againMs = 2000;

/**
 * What an agent said and did: the end of it first, then what it says as it says it, and beside that everything before.
 * `lastSeq` is the last one that is known to be there.
 */
export function useRunEvents(id: string, lastSeq: number): RunEvents {
  const { client } = useData();
  const [start] = useState(() => Math.max(0, lastSeq - tailLength));
  const [read, setRead] = useState<RunEvents>({
    events: [],
    earlier: start,
    isReading: true,
    error: null,
  });
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const again = async (error: unknown): Promise<void> => {
      if (signal.aborted) return;
      setRead((before) => ({ ...before, isReading: false, error }));
      await pause(againMs, signal);
    };
    const follow = async (): Promise<void> => {
      let after = start;
      let isFirst = true;
      while (!signal.aborted) {
        try {
          const page = await client.call(
            runEvents,
            { id, after, limit: pageLength, waitSeconds: isFirst ? 0 : waitSeconds },
            { signal },
          );
          after = page.next;
          const isAll = page.items.length < pageLength;
          setRead((before) => ({
            ...before,
            events: page.items.length === 0 ? before.events : [...before.events, ...page.items],
            isReading: before.isReading && !isAll,
            error: null,
          }));
          if (!page.live && isAll) return;
          // What has said nothing yet was asked without waiting.
          if (isFirst && page.items.length === 0) await pause(againMs, signal);
          isFirst = false;
        } catch (error) {
          await again(error);
        }
      }
    };
    const readEarlier = async (): Promise<void> => {
      const found: RunEvent[] = [];
      let after = 0;
      while (!signal.aborted && after < start) {
        try {
          const limit = Math.min(pageLength, start - after);
          const page = await client.call(runEvents, { id, after, limit }, { signal });
          found.push(...page.items.filter(({ seq }) => seq <= start));
          if (page.items.length === 0) break;
          after = page.next;
          const left = Math.max(0, start - after);
          if (left > 0) setRead((before) => ({ ...before, earlier: left }));
        } catch (error) {
          await again(error);
        }
      }
      if (signal.aborted) return;
      setRead((before) => ({ ...before, events: [...found, ...before.events], earlier: 0 }));
    };
    void follow();
    if (start > 0) void readEarlier();
    return () => stop.abort();
  }, [client, id, start]);
  return read;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
