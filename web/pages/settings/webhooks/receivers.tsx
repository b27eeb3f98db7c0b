import type { UseQueryResult } from '@tanstack/react-query';
import { Radio } from 'lucide-react';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import { listReceivers, testReceiver } from '../../../../src/operations/notifications/contract.ts';
import { useAct, useAsk } from '../../../data/data.tsx';
import { useSession } from '../../../data/session.tsx';
import { toApiError } from '../../../data/to-api-error.ts';
import { Button } from '../../../parts/button.tsx';
import { FormError } from '../../../parts/form-error.tsx';
import { formatCount } from '../../../parts/format.ts';
import { Section } from '../../../parts/section.tsx';
import { Empty, Loaded, RowBones } from '../../../parts/states.tsx';
import { Table } from '../../../parts/table.tsx';
import { Time } from '../../../parts/time.tsx';

export function useReceivers(): UseQueryResult<z.output<typeof listReceivers.output>> {
  return useAsk(listReceivers, {}, { everyMs: 15_000 });
}

/** Programs that are told what happens to tasks, and how far they are. */
export function Receivers(): ReactNode {
  const { may } = useSession();
  const query = useReceivers();
  const test = useAct(testReceiver);
  return (
    <div className="px-4">
      <Section level={2} title="Receivers" aside="Set under notifications.webhooks in the file">
        <FormError error={test.error === null ? null : toApiError(test.error)} />
        <Loaded query={query} skeleton={<RowBones rows={2} />}>
          {(receivers) =>
            receivers.length === 0 ? (
              <Empty icon={<Radio aria-hidden size={24} />} title="No program is told yet">
                <p>
                  Name one in the configuration file, under notifications.webhooks: each change of a
                  task is then sent to it, signed, and tried again for a day.
                </p>
              </Empty>
            ) : (
              <div className="-mx-4">
                <Table
                  label="Receivers of messages"
                  rows={receivers}
                  keyOf={({ name }) => name}
                  columns={[
                    {
                      name: 'Name',
                      cell: ({ name, url }) => (
                        <>
                          <span className="font-medium">{name}</span>
                          <code className="block text-12 text-quiet">{url}</code>
                        </>
                      ),
                    },
                    {
                      name: 'Told of',
                      isExtra: true,
                      cell: ({ events }) => <span className="text-12">{events.join(', ')}</span>,
                    },
                    {
                      name: 'Signed with',
                      isExtra: true,
                      cell: ({ secret }) => <code className="text-12">{secret}</code>,
                    },
                    {
                      name: 'Waiting',
                      isFigure: true,
                      cell: ({ waiting }) => formatCount(waiting),
                    },
                    {
                      name: 'Failed',
                      isFigure: true,
                      cell: ({ failed }) =>
                        failed === 0 ? (
                          '0'
                        ) : (
                          <span className="text-bad">{formatCount(failed)}</span>
                        ),
                    },
                    {
                      name: 'Last delivered',
                      isFigure: true,
                      isExtra: true,
                      cell: ({ lastDeliveredAt }) =>
                        lastDeliveredAt === null ? (
                          <span className="text-quiet">never</span>
                        ) : (
                          <Time at={lastDeliveredAt} />
                        ),
                    },
                    {
                      name: 'Act',
                      isActs: true,
                      isFigure: true,
                      cell: ({ name }) =>
                        may('config:write') ? (
                          <Button
                            aria-label={`Send a test to ${name}`}
                            disabled={test.isPending}
                            onClick={() => test.mutate({ receiver: name })}
                          >
                            Test
                          </Button>
                        ) : null,
                    },
                  ]}
                />
              </div>
            )
          }
        </Loaded>
      </Section>
    </div>
  );
}
