import type { ReactNode } from 'react';
import { useState } from 'react';
import type { MessageLine } from '../../../../src/operations/notifications/contract.ts';
import { listMessages, sendAgain } from '../../../../src/operations/notifications/contract.ts';
import { useAct, useAsk } from '../../../data/data.tsx';
import { useSession } from '../../../data/session.tsx';
import { toApiError } from '../../../data/to-api-error.ts';
import { usePageSearch } from '../../../parts/page-search.ts';
import { Time } from '../../../parts/time.tsx';
import { settingsSearch } from '../search.ts';
import type { StateWords } from './journal.tsx';
import { AgainButton, Journal, pageLength, StateBadge, WithProblem } from './journal.tsx';

const states: StateWords<MessageLine['state']> = {
  waiting: { word: 'Waiting', tone: 'busy' },
  delivered: { word: 'Delivered', tone: 'ok' },
  failed: { word: 'Failed', tone: 'bad' },
};

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
    <Journal
      id="messages"
      title="Messages"
      label="Messages to other programs"
      states={states}
      state={state}
      onState={(chosen) => setSearch({ message: chosen })}
      query={query}
      limit={limit}
      onLimit={setLimit}
      error={again.error === null ? null : toApiError(again.error)}
      nothingYet={<p className="px-4 text-13 text-quiet">Nothing was sent yet.</p>}
      nothingLike="No message is like this"
      columns={[
        {
          name: 'Message',
          cell: ({ type, problem }) => <WithProblem name={type} problem={problem} />,
        },
        { name: 'To', isWords: true, cell: ({ receiver }) => receiver },
        {
          name: 'State',
          cell: ({ state: one, nextAt }) => (
            <>
              <StateBadge states={states} state={one} />
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
        { name: 'Tries', isFigure: true, isExtra: true, cell: ({ attempts }) => attempts },
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
              <AgainButton
                says={`Send ${type} to ${receiver} again, message ${id}`}
                disabled={again.isPending}
                onClick={() => again.mutate({ id })}
              />
            ) : null,
        },
      ]}
    />
  );
}
