import { FilterX, RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { MessageLine } from '../../../../src/operations/notifications/contract.ts';
import { listMessages, sendAgain } from '../../../../src/operations/notifications/contract.ts';
import { useAct, useAsk } from '../../../data/data.tsx';
import { useSession } from '../../../data/session.tsx';
import { toApiError } from '../../../data/to-api-error.ts';
import type { Tone } from '../../../parts/badge.tsx';
import { Badge } from '../../../parts/badge.tsx';
import { Button } from '../../../parts/button.tsx';
import { Choice } from '../../../parts/choice.tsx';
import { FormError } from '../../../parts/form-error.tsx';
import { usePageSearch } from '../../../parts/page-search.ts';
import { Empty, Loaded, RowBones } from '../../../parts/states.tsx';
import { Table } from '../../../parts/table.tsx';
import { Time } from '../../../parts/time.tsx';
import { settingsSearch } from '../search.ts';

const states: Readonly<Record<MessageLine['state'], { word: string; tone: Tone }>> = {
  waiting: { word: 'Waiting', tone: 'busy' },
  delivered: { word: 'Delivered', tone: 'ok' },
  failed: { word: 'Failed', tone: 'bad' },
};

const pageLength = 50;

/** What other programs were told; each message can be sent again. */
export function Messages(): ReactNode {
  const { may } = useSession();
  const [{ message: state }, setSearch] = usePageSearch(settingsSearch);
  const [limit, setLimit] = useState(pageLength);
  const query = useAsk(
    listMessages,
    { limit, ...(state === undefined ? {} : { state }) },
    { keep: true, everyMs: 15_000 },
  );
  const again = useAct(sendAgain);
  return (
    <section aria-labelledby="messages" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-3 px-4">
        <h2 id="messages" className="font-semibold text-13">
          Messages
        </h2>
        <Choice
          label="State"
          value={state ?? 'any'}
          choices={[
            { value: 'any', word: 'Any state' },
            { value: 'waiting', word: 'Waiting' },
            { value: 'delivered', word: 'Delivered' },
            { value: 'failed', word: 'Failed' },
          ]}
          onChoose={(value) => setSearch({ message: value === 'any' ? undefined : value })}
        />
      </div>
      {again.error === null ? null : (
        <div className="px-4">
          <FormError error={toApiError(again.error)} />
        </div>
      )}
      <Loaded query={query} skeleton={<RowBones rows={5} />}>
        {(messages) =>
          messages.length === 0 ? (
            state === undefined ? (
              <p className="px-4 text-13 text-quiet">Nothing was sent yet.</p>
            ) : (
              <Empty icon={<FilterX aria-hidden size={24} />} title="No message is like this" />
            )
          ) : (
            <>
              <Table
                label="Messages to other programs"
                rows={messages}
                keyOf={({ id }) => id}
                columns={[
                  {
                    name: 'Message',
                    cell: ({ type, problem }) => (
                      <>
                        <code className="text-12">{type}</code>
                        {problem === null ? null : (
                          <span className="block text-12 text-bad">{problem}</span>
                        )}
                      </>
                    ),
                  },
                  { name: 'To', cell: ({ receiver }) => receiver },
                  {
                    name: 'State',
                    cell: ({ state: one, nextAt }) => (
                      <>
                        <Badge tone={states[one].tone}>{states[one].word}</Badge>
                        {nextAt === null ? null : (
                          <span className="block text-12 text-quiet">
                            next try <Time at={nextAt} />
                          </span>
                        )}
                      </>
                    ),
                  },
                  {
                    name: 'Answer',
                    isFigure: true,
                    isExtra: true,
                    cell: ({ status }) => status ?? <span className="text-quiet">none</span>,
                  },
                  {
                    name: 'Tries',
                    isFigure: true,
                    isExtra: true,
                    cell: ({ attempts }) => attempts,
                  },
                  {
                    name: 'Made',
                    isFigure: true,
                    isExtra: true,
                    cell: ({ createdAt }) => <Time at={createdAt} />,
                  },
                  {
                    name: 'Act',
                    isActs: true,
                    isFigure: true,
                    cell: ({ id, type, receiver, state: one }) =>
                      may('config:write') && one !== 'waiting' ? (
                        <Button
                          look="quiet"
                          icon={<RotateCw aria-hidden size={14} />}
                          aria-label={`Send ${type} to ${receiver} again, message ${id}`}
                          disabled={again.isPending}
                          onClick={() => again.mutate({ id })}
                        >
                          Again
                        </Button>
                      ) : null,
                  },
                ]}
              />
              {messages.length < limit || limit >= 500 ? null : (
                <div className="flex justify-center p-4">
                  <Button onClick={() => setLimit((now) => Math.min(500, now + pageLength))}>
                    Show more
                  </Button>
                </div>
              )}
            </>
          )
        }
      </Loaded>
    </section>
  );
}
