import type { UseMutationResult, UseQueryOptions, UseQueryResult } from '@tanstack/react-query';
import {
  keepPreviousData,
  useMutation,
  useQueries,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import type { z } from 'zod';
import type { AnyContract, ApiClient, ApiError } from '../../src/operations/api-client/client.ts';
import type { Decisions } from './decisions.ts';
import type { Live } from './live.ts';
import type { Proof } from './proof.ts';
import { toApiError } from './to-api-error.ts';

/** What pages reach the service through; made once in `dashboard.tsx`. */
export interface Data {
  readonly client: ApiClient;
  readonly decisions: Decisions;
  readonly live: Live;
  readonly proof: Proof;
}

export const DataContext = createContext<Data | null>(null);

export function useData(): Data {
  const data = useContext(DataContext);
  if (data === null) throw new Error('outside of the dashboard');
  return data;
}

export interface AskOptions {
  readonly enabled?: boolean;
  /** Asks again by itself; for what no change notice tells of. */
  readonly everyMs?: number;
  /** Keeps showing the last answer while another input is asked about. */
  readonly keep?: boolean;
}

/** Reads by an operation. The key begins with its name, so that a change notice finds it. */
export function useAsk<C extends AnyContract>(
  contract: C,
  input: z.input<C['input']>,
  options: AskOptions = {},
): UseQueryResult<z.output<C['output']>, ApiError> {
  const { client } = useData();
  const query = useQuery(queryOf(client, contract, input, options));
  return query as UseQueryResult<z.output<C['output']>, ApiError>;
}

/** The same for several inputs at once, in their order. */
export function useAskEach<C extends AnyContract>(
  contract: C,
  inputs: readonly z.input<C['input']>[],
  options: AskOptions = {},
): readonly UseQueryResult<z.output<C['output']>, ApiError>[] {
  const { client } = useData();
  const queries = inputs.map((input) => queryOf(client, contract, input, options));
  return useQueries({ queries });
}

function queryOf<C extends AnyContract>(
  client: ApiClient,
  contract: C,
  input: z.input<C['input']>,
  { enabled = true, everyMs, keep = false }: AskOptions,
): UseQueryOptions<unknown, ApiError> {
  return {
    queryKey: keyOf(contract, input),
    queryFn: ({ signal }) => client.call(contract, input, { signal }),
    enabled,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  };
}

/** Under what the answer of a read is kept. */
export function keyOf(contract: { readonly name: string }, input: unknown): readonly unknown[] {
  return [contract.name, input];
}

/**
 * Writes by an operation; afterwards everything on the page is read again. A dangerous act that needs a fresh proof waits for
 * it and is then sent once more.
 */
export function useAct<C extends AnyContract>(
  contract: C,
): UseMutationResult<z.output<C['output']>, ApiError, z.input<C['input']>> {
  const { client, proof } = useData();
  const queries = useQueryClient();
  return useMutation<z.output<C['output']>, ApiError, z.input<C['input']>>({
    mutationFn: async (input) => {
      try {
        return await client.call(contract, input);
      } catch (error) {
        if (toApiError(error).code !== 'proof_needed' || !(await proof.ask())) throw error;
        return client.call(contract, input);
      }
    },
    onSettled: async () => {
      await queries.invalidateQueries();
    },
  });
}
