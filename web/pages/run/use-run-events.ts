import { useEffect, useState } from 'react';
import type { RunEvent } from '../../../src/operations/runs/contract.ts';
import { runEvents } from '../../../src/operations/runs/contract.ts';
import { useData } from '../../data/data.tsx';

export interface RunEvents {
  readonly events: readonly RunEvent[];
  /** True until everything that was there at the beginning has been read. */
  readonly isReading: boolean;
  readonly error: unknown;
}

const pageLength = 1000;
const waitSeconds = 20;
const againMs = 2000;

/** Everything an agent said and did so far, and then what it says as it says it. */
export function useRunEvents(id: string): RunEvents {
  const { client } = useData();
  const [read, setRead] = useState<RunEvents>({ events: [], isReading: true, error: null });
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const follow = async (): Promise<void> => {
      let after = 0;
      while (!signal.aborted) {
        try {
          const page = await client.call(
            runEvents,
            { id, after, limit: pageLength, waitSeconds: after === 0 ? 0 : waitSeconds },
            { signal },
          );
          after = page.next;
          const isAll = page.items.length < pageLength;
          setRead((before) => ({
            events: page.items.length === 0 ? before.events : [...before.events, ...page.items],
            isReading: before.isReading && !isAll,
            error: null,
          }));
          if (!page.live && isAll) return;
          // The first page of a run that has said nothing yet is asked without waiting.
          if (after === 0) await pause(againMs, signal);
        } catch (error) {
          if (signal.aborted) return;
          setRead((before) => ({ ...before, isReading: false, error }));
          await pause(againMs, signal);
        }
      }
    };
    void follow();
    return () => stop.abort();
  }, [client, id]);
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
