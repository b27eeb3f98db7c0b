import { LogOut } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { z } from 'zod';
import { listSessions, revokeSessions } from '../../../src/operations/sessions/contract.ts';
import { useAct, useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { Badge, sentence } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import type { Asked } from '../../parts/confirm-dialog.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { counted } from '../../parts/format.ts';
import { Empty, Loaded, RowBones } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';

type SessionLine = z.output<typeof listSessions.output>[number];

/** How somebody signed in, where the service's own word is not a person's. */
const methods: Readonly<Record<string, string>> = {
  'password+totp': 'Password and code',
  'password+recovery': 'Password and recovery code',
  bootstrap: 'First link',
};

/** Where people are signed in; each session can be ended. */
export function SessionsTab(): ReactNode {
  const { may, name } = useSession();
  const isEverybody = may('users:manage');
  const query = useAsk(listSessions, { all: isEverybody }, { everyMs: 30_000 });
  const revoke = useAct(revokeSessions);
  const [asked, setAsked] = useState<Asked | null>(null);
  const askOne = ({ id, user, client }: SessionLine): void =>
    setAsked({
      title: <>End the session of {user}?</>,
      consequence: <>Whoever uses it from {client} is signed out at once and must sign in again.</>,
      word: 'End the session',
      run: () => revoke.mutateAsync({ id, ...(isEverybody ? { user } : {}) }),
    });
  const askOthers = (count: number): void =>
    setAsked({
      title: 'End all your other sessions?',
      consequence: `${counted(count, 'session')} of ${name} ${count === 1 ? 'ends' : 'end'} at once; the one you are in stays.`,
      word: 'End the others',
      run: () => revoke.mutateAsync({ all: true }),
    });
  return (
    <Loaded query={query} skeleton={<RowBones rows={4} />}>
      {(sessions) => {
        const others = sessions.filter(({ user, current }) => user === name && !current).length;
        return sessions.length === 0 ? (
          <Empty icon={<LogOut aria-hidden size={24} />} title="Nobody is signed in">
            <p>Whoever uses the service now came without an account, from this machine.</p>
          </Empty>
        ) : (
          <>
            {others === 0 ? null : (
              <div className="flex justify-end px-4 pt-3">
                <Button look="danger" onClick={() => askOthers(others)}>
                  End my {counted(others, 'other session')}
                </Button>
              </div>
            )}
            <Table
              label="Sessions"
              rows={sessions}
              keyOf={({ id }) => id}
              columns={[
                {
                  name: 'Who',
                  cell: ({ user, client, current }) => (
                    <>
                      <span className="inline-flex flex-wrap items-center gap-x-2">
                        <span className="font-medium">{user}</span>
                        {current ? <Badge tone="busy">this one</Badge> : null}
                      </span>
                      <code className="block text-12 text-quiet md:hidden">{client}</code>
                    </>
                  ),
                },
                {
                  name: 'From',
                  isExtra: true,
                  cell: ({ client }) => <code className="text-12">{client}</code>,
                },
                {
                  name: 'By',
                  isExtra: true,
                  cell: ({ method }) => methods[method] ?? sentence(method),
                },
                {
                  name: 'Signed in',
                  isFigure: true,
                  isExtra: true,
                  cell: ({ createdAt }) => <Time at={createdAt} />,
                },
                { name: 'Last seen', isFigure: true, cell: ({ seenAt }) => <Time at={seenAt} /> },
                {
                  name: 'Ends',
                  isFigure: true,
                  isExtra: true,
                  cell: ({ expiresAt }) => <Time at={expiresAt} />,
                },
                {
                  name: 'Act',
                  isActs: true,
                  isFigure: true,
                  cell: (session) =>
                    session.current ? null : (
                      <Button
                        look="danger"
                        aria-label={`End the session of ${session.user} from ${session.client}`}
                        onClick={() => askOne(session)}
                      >
                        End
                      </Button>
                    ),
                },
              ]}
            />
            <ConfirmDialog asked={asked} onClose={() => setAsked(null)} />
          </>
        );
      }}
    </Loaded>
  );
}
