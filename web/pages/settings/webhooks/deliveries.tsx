import { FilterX, RotateCw, Webhook } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { DeliveryLine } from '../../../../src/operations/webhooks/contract.ts';
import { listDeliveries, workAgain } from '../../../../src/operations/webhooks/contract.ts';
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

const deliveryStates: Readonly<Record<DeliveryLine['state'], { word: string; tone: Tone }>> = {
  waiting: { word: 'Waiting', tone: 'busy' },
  done: { word: 'Done', tone: 'ok' },
  failed: { word: 'Failed', tone: 'bad' },
};

const pageLength = 50;

/** What GitHub delivered and what became of it; each can be worked through again. */
export function Deliveries(): ReactNode {
  const { may } = useSession();
  const [{ state }, setSearch] = usePageSearch(settingsSearch);
  const [limit, setLimit] = useState(pageLength);
  const query = useAsk(
    listDeliveries,
    { limit, ...(state === undefined ? {} : { state }) },
    { keep: true, everyMs: 15_000 },
  );
  const again = useAct(workAgain);
  return (
    <section aria-labelledby="deliveries" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-3 px-4">
        <h2 id="deliveries" className="font-semibold text-13">
          Deliveries
        </h2>
        <Choice
          label="State"
          value={state ?? 'any'}
          choices={[
            { value: 'any', word: 'Any state' },
            { value: 'waiting', word: 'Waiting' },
            { value: 'done', word: 'Done' },
            { value: 'failed', word: 'Failed' },
          ]}
          onChoose={(value) => setSearch({ state: value === 'any' ? undefined : value })}
        />
      </div>
      <div className="px-4">
        <FormError error={again.error === null ? null : toApiError(again.error)} />
      </div>
      <Loaded query={query} skeleton={<RowBones rows={5} />}>
        {(deliveries) =>
          deliveries.length === 0 ? (
            state === undefined ? (
              <Empty icon={<Webhook aria-hidden size={24} />} title="Nothing was delivered yet">
                <p>Each delivery of GitHub is kept here with what became of it.</p>
              </Empty>
            ) : (
              <Empty icon={<FilterX aria-hidden size={24} />} title="No delivery is like this" />
            )
          ) : (
            <>
              <Table
                label="Deliveries of GitHub"
                rows={deliveries}
                keyOf={({ id }) => id}
                columns={[
                  {
                    name: 'Event',
                    cell: ({ event, error }) => (
                      <>
                        <code className="text-12">{event}</code>
                        {error === null ? null : (
                          <span className="block text-12 text-bad">{error}</span>
                        )}
                      </>
                    ),
                  },
                  {
                    name: 'State',
                    cell: ({ state: one }) => (
                      <Badge tone={deliveryStates[one].tone}>{deliveryStates[one].word}</Badge>
                    ),
                  },
                  {
                    name: 'Delivery',
                    isExtra: true,
                    cell: ({ id }) => <code className="text-12 text-quiet">{id}</code>,
                  },
                  {
                    name: 'Tries',
                    isFigure: true,
                    isExtra: true,
                    cell: ({ attempts }) => attempts,
                  },
                  {
                    name: 'Received',
                    isFigure: true,
                    cell: ({ receivedAt }) => <Time at={receivedAt} />,
                  },
                  {
                    name: 'Act',
                    isActs: true,
                    isFigure: true,
                    cell: ({ id, state: one }) =>
                      may('config:write') && one !== 'waiting' ? (
                        <Button
                          look="quiet"
                          icon={<RotateCw aria-hidden size={14} />}
                          aria-label={`Work through delivery ${id} again`}
                          disabled={again.isPending}
                          onClick={() => again.mutate({ id })}
                        >
                          Again
                        </Button>
                      ) : null,
                  },
                ]}
              />
              {deliveries.length < limit || limit >= 500 ? null : (
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
