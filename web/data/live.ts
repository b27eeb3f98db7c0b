import type { QueryClient } from '@tanstack/react-query';
import type { ApiClient } from '../../src/operations/api-client/client.ts';
import { watchChanges } from '../../src/operations/changes/contract.ts';
import { toApiError } from './to-api-error.ts';

export interface Live {
  readonly subscribe: (onChange: () => void) => () => void;
  /** Whether what is shown follows the service; `since` is when that last changed, in ms since the epoch. */
  readonly state: () => { readonly isOpen: boolean; readonly since: number };
  /** Follows until the answer is called. */
  readonly follow: () => () => void;
}

/** Which answers a change makes old: operations whose name begins so. */
const old: Readonly<Record<string, readonly string[]>> = {
  task: ['tasks.', 'runs.list', 'runs.show', 'service.status', 'repositories.', 'suppressions.'],
  run: ['runs.list', 'runs.show', 'tasks.', 'service.status'],
  finding: ['findings.', 'repositories.', 'tasks.show'],
  pause: ['service.status', 'repositories.', 'tasks.explain'],
  scan: ['repositories.', 'findings.'],
};
const everything = [''];

/** Changes come in bursts; what is shown is read again once for all of a burst. */
const gatherMs = 200;
/** After an end that the stream does not mend by itself, for example of the session. */
const againMs = 5000;

/** Follows what changes in the service and marks what is shown as old. */
export function createLive(parts: {
  readonly client: ApiClient;
  readonly queries: QueryClient;
  readonly now: () => number;
}): Live {
  const { client, queries, now } = parts;
  const listeners = new Set<() => void>();
  let state = { isOpen: true, since: now() };
  const tell = (isOpen: boolean): void => {
    if (isOpen === state.isOpen) return;
    state = { isOpen, since: now() };
    for (const listener of listeners) listener();
  };
  const gathered = new Set<string>();
  let timer: number | undefined;
  const gather = (beginnings: readonly string[]): void => {
    for (const beginning of beginnings) gathered.add(beginning);
    timer ??= window.setTimeout(() => {
      timer = undefined;
      const beginnings = [...gathered];
      gathered.clear();
      void queries.invalidateQueries({
        predicate: ({ queryKey: [name] }) =>
          typeof name === 'string' && beginnings.some((one) => name.startsWith(one)),
      });
    }, gatherMs);
  };
  const watch = async (signal: AbortSignal): Promise<void> => {
    const onState = (word: 'open' | 'waiting'): void => {
      if (word === 'open' && !state.isOpen) gather(everything);
      tell(word === 'open');
    };
    while (!signal.aborted) {
      try {
        for await (const { reset, changes } of client.stream(
          watchChanges,
          {},
          { signal, onState },
        )) {
          if (reset) gather(everything);
          for (const { topic } of changes) gather(old[topic] ?? everything);
        }
      } catch (error) {
        // The page finds out by itself what an ended session means: it asks who is signed in.
        if (toApiError(error).kind === 'unauthenticated') gather(['account.']);
      }
      if (signal.aborted) return;
      tell(false);
      await new Promise((resolve) => setTimeout(resolve, againMs));
    }
  };
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => state,
    follow: () => {
      const stop = new AbortController();
      void watch(stop.signal);
      return () => stop.abort();
    },
  };
}
