import { Webhook } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { DeliveryLine } from '../../../../src/operations/webhooks/contract.ts';
import { listDeliveries, workAgain } from '../../../../src/operations/webhooks/contract.ts';
import { useAct, useAsk } from '../../../data/data.tsx';
import { useSession } from '../../../data/session.tsx';
import { toApiError } from '../../../data/to-api-error.ts';
import { usePageSearch } from '../../../parts/page-search.ts';
import { Empty } from '../../../parts/states.tsx';
import { Time } from '../../../parts/time.tsx';
import { settingsSearch } from '../search.ts';
import type { StateWords } from './journal.tsx';
import { AgainButton, Journal, pageLength, StateBadge, WithProblem } from './journal.tsx';

const states: StateWords<DeliveryLine['state']> = {
  waiting: { word: 'Waiting', tone: 'busy' },
  done: { word: 'Done', tone: 'ok' },
  failed: { word: 'Failed', tone: 'bad' },
};

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
    <Journal
      id="deliveries"
      title="Deliveries"
      label="Deliveries of GitHub"
      states={states}
      state={state}
      onState={(chosen) => setSearch({ state: chosen })}
      query={query}
      limit={limit}
      onLimit={setLimit}
      error={again.error === null ? null : toApiError(again.error)}
      nothingYet={
        <Empty icon={<Webhook aria-hidden size={24} />} title="Nothing was delivered yet">
          <p>Each delivery of GitHub is kept here with what became of it.</p>
        </Empty>
      }
      nothingLike="No delivery is like this"
      columns={[
        { name: 'Event', cell: ({ event, error }) => <WithProblem name={event} problem={error} /> },
        { name: 'State', cell: (one) => <StateBadge states={states} state={one.state} /> },
        {
          name: 'Delivery',
          isExtra: true,
          cell: ({ id }) => <code className="text-12 text-quiet">{id}</code>,
        },
        { name: 'Tries', isFigure: true, isExtra: true, cell: ({ attempts }) => attempts },
        { name: 'Received', isFigure: true, cell: ({ receivedAt }) => <Time at={receivedAt} /> },
        {
          name: 'Act',
          isActs: true,
          isFigure: true,
          cell: ({ id, state: one }) =>
            may('config:write') && one !== 'waiting' ? (
              <AgainButton
                says={`Work through delivery ${id} again`}
                disabled={again.isPending}
                onClick={() => again.mutate({ id })}
              />
            ) : null,
        },
      ]}
    />
  );
}
