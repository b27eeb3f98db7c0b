import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { showAccount } from '../src/operations/account/contract.ts';
import {
  type AnyContract,
  type ApiClient,
  createClient,
} from '../src/operations/api-client/client.ts';
import { fetchAhead } from './data/asked-ahead.ts';
import { DataContext, keyOf } from './data/data.tsx';
import { createDecisions } from './data/decisions.ts';
import { createLive } from './data/live.ts';
import { createProof } from './data/proof.ts';
import { toApiError } from './data/to-api-error.ts';
import { FrameContext } from './frame/frame-context.ts';
import { alone, framed } from './pages/pages.ts';
import { createPages } from './router.tsx';

/** Troubles that pass are worth another try; a refusal is not. */
const passing: readonly string[] = ['unavailable', 'timeout', 'rate_limited'];

/** The whole dashboard: its connection to the service, its pages, its frame. */
export function Dashboard(): ReactNode {
  const [parts] = useState(createParts);
  useEffect(() => {
    const leave = (): void => parts.data.decisions.flush();
    window.addEventListener('pagehide', leave);
    return () => window.removeEventListener('pagehide', leave);
  }, [parts]);
  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={parts.queries}>
        <DataContext value={parts.data}>
          <FrameContext value={parts.frame}>
            <RouterProvider router={parts.router} />
          </FrameContext>
        </DataContext>
      </QueryClientProvider>
    </CSPProvider>
  );
}

function createParts() {
  const client = createClient({ baseUrl: '', fetch: fetchAhead });
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5000,
        retry: (count, error) => count < 2 && passing.includes(toApiError(error).kind),
      },
      mutations: { retry: false },
    },
  });
  readAhead(client, queries);
  const now = (): number => Date.now();
  const data = {
    client,
    decisions: createDecisions({
      now,
      onSent: () => void queries.invalidateQueries(),
      onDefect: reportError,
    }),
    live: createLive({ client, queries, now }),
    proof: createProof(),
  };
  const nothing = (): void => undefined;
  const frame = { pages: framed, openPalette: nothing, openKeys: nothing, askPause: nothing };
  return { queries, data, frame, router: createPages({ framed, alone }) };
}

/** Reads what was asked while the code loaded before anything is drawn, so that the first drawing has it. */
function readAhead(client: ApiClient, queries: QueryClient): void {
  if (window.askedAhead === undefined) return;
  const read = (contract: AnyContract, input: object): void =>
    void queries.prefetchQuery({
      queryKey: keyOf(contract, input),
      queryFn: ({ signal }) => client.call(contract, input, { signal }),
    });
  read(showAccount, {});
  const { pathname, search } = window.location;
  const path = pathname === '/' ? '/inbox' : pathname;
  const first = search === '' ? framed.find((page) => page.path === path)?.first : undefined;
  for (const { contract, input } of first ?? []) read(contract, input);
}
