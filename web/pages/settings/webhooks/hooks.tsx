import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { z } from 'zod';
import type { ApiError } from '../../../../src/operations/api-client/client.ts';
import { listWebhooks, setUpWebhooks } from '../../../../src/operations/webhooks/contract.ts';
import { useAct, useAsk } from '../../../data/data.tsx';
import { useSession } from '../../../data/session.tsx';
import { toApiError } from '../../../data/to-api-error.ts';
import { Badge } from '../../../parts/badge.tsx';
import { Button } from '../../../parts/button.tsx';
import type { Asked } from '../../../parts/confirm-dialog.tsx';
import { ConfirmDialog } from '../../../parts/confirm-dialog.tsx';
import { Section } from '../../../parts/section.tsx';
import { Bone, CorrelationId, Waiting } from '../../../parts/states.tsx';
import { Table } from '../../../parts/table.tsx';
import { WithCode } from '../../../parts/with-code.tsx';

const hookStates = {
  good: { word: 'Sends here', tone: 'ok' },
  wrong: { word: 'Off or incomplete', tone: 'warn' },
  missing: { word: 'Missing', tone: 'warn' },
  unknown: { word: 'Could not be asked', tone: 'bad' },
} as const;

type HooksQuery = UseQueryResult<z.output<typeof listWebhooks.output>, ApiError>;

export function useHooks(): HooksQuery {
  return useAsk(listWebhooks, {});
}

/** Whether GitHub sends the events of each repository here. */
export function Hooks({ query }: { readonly query: HooksQuery }): ReactNode {
  const { may } = useSession();
  const setUp = useAct(setUpWebhooks);
  const [asked, setAsked] = useState<Asked | null>(null);
  const ask = (): void =>
    setAsked({
      title: 'Set the webhooks up?',
      consequence:
        'A hook that sends to this service is made in each watched repository on GitHub, or repaired. Others stay as they are.',
      word: 'Set them up',
      look: 'primary',
      run: () => setUp.mutateAsync({}),
    });
  const error = query.error === null ? null : toApiError(query.error);
  return (
    <div className="px-4">
      <Section
        level={2}
        title="Repositories on GitHub"
        aside={
          may('config:write') && query.data !== undefined && query.data.length > 0 ? (
            <Button onClick={ask}>Set up or repair</Button>
          ) : null
        }
      >
        {error !== null && query.data === undefined ? (
          <div className="text-13">
            <p>
              <WithCode text={error.message} />
            </p>
            <p className="text-quiet">
              <WithCode text={error.next ?? ''} /> Without webhooks the service asks GitHub itself,
              every few seconds.
            </p>
            {error.correlationId === null ? null : <CorrelationId id={error.correlationId} />}
          </div>
        ) : query.data === undefined ? (
          <Waiting>
            <Bone width={40} />
          </Waiting>
        ) : query.data.length === 0 ? (
          <p className="text-13 text-quiet">
            No watched repository lies on GitHub, so there is nothing to be sent.
          </p>
        ) : (
          <div className="-mx-4">
            <Table
              label="Webhooks"
              rows={query.data}
              keyOf={({ repository }) => repository}
              columns={[
                { name: 'Repository', cell: ({ repository }) => repository },
                {
                  name: 'State',
                  cell: ({ state, problem }) => (
                    <>
                      <Badge tone={hookStates[state].tone}>{hookStates[state].word}</Badge>
                      {problem === null ? null : (
                        <span className="block text-12 text-quiet">
                          <WithCode text={problem} />
                        </span>
                      )}
                    </>
                  ),
                },
                {
                  name: 'Address',
                  isExtra: true,
                  cell: ({ url }) => <code className="text-12">{url}</code>,
                },
              ]}
            />
          </div>
        )}
        <ConfirmDialog asked={asked} onClose={() => setAsked(null)} />
      </Section>
    </div>
  );
}
