import type { QueryClient } from '@tanstack/react-query';
import type { ApiClient } from '../../src/operations/api-client/client.ts';
import { listChanges } from '../../src/operations/changes/contract.ts';

/** Whether what is shown follows the service: `since` is when it last did, in ms since the epoch. */
export interface LiveState {
  readonly subscribe: (onChange: () => void) => () => void;
  readonly state: () => { readonly open: boolean; readonly since: number };
}

/** Which answers a change makes old: operations whose name begins so. */
const stale: Readonly<Record<string, readonly string[]>> = {
  task: ['tasks.', 'runs.list', 'runs.show', 'service.status', 'repositories.', 'suppressions.'],
  run: ['runs.list', 'runs.show', 'tasks.', 'service.status'],
  finding: ['findings.', 'repositories.', 'tasks.show'],
  pause: ['service.status', 'repositories.', 'tasks.explain'],
  scan: ['repositories.', 'findings.'],
};

/** Changes come in bursts; what is shown is read again once for all of a burst. */
const gatherMs = 250;
const everyMs = 1500;

/** Follows what changes in the service and marks what is shown as old. */
export function followChanges(parts: {
  readonly client: ApiClient;
  readonly queries: QueryClient;
  readonly signal: AbortSignal;
  readonly now: () => number;
}): LiveState {
  const { client, queries, signal, now } = parts;
  const listeners = new Set<() => void>();
  let state = { open: true, since: now() };
  const tell = (open: boolean): void => {
    const isNews = open !== state.open;
    state = { open, since: open ? now() : state.since };
    if (isNews) for (const listener of listeners) listener();
  };
  const gathered = new Set<string>();
  let timer: number | undefined;
  const gather = (beginnings: readonly string[]): void => {
    for (const beginning of beginnings) gathered.add(beginning);
    timer ??= window.setTimeout(() => {
      timer = undefined;
      const old = [...gathered];
      gathered.clear();
      void queries.invalidateQueries({
        predicate: ({ queryKey: [name] }) =>
          typeof name === 'string' && old.some((one) => name.startsWith(one)),
      });
    }, gatherMs);
  };
  const follow = async (): Promise<void> => {
    let after: string | undefined;
    while (!signal.aborted) {
      try {
        const { changes, next, reset } = await client.call(
          listChanges,
          after === undefined ? {} : { after },
          { signal },
        );
        if (!state.open || reset) gather(['']);
        after = next;
        tell(true);
        for (const { topic } of changes) gather(stale[topic] ?? ['']);
      } catch {
        tell(false);
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  };
  void follow();
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => state,
  };
}
