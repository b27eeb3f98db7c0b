import { Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { UserLine } from '../../../../src/operations/users/contract.ts';
import {
  disableUser,
  enableUser,
  listUsers,
  removeUser,
  unlockUser,
} from '../../../../src/operations/users/contract.ts';
import { useAct, useAsk } from '../../../data/data.tsx';
import { useSession } from '../../../data/session.tsx';
import { Badge } from '../../../parts/badge.tsx';
import { Button } from '../../../parts/button.tsx';
import type { Asked } from '../../../parts/confirm-dialog.tsx';
import { ConfirmDialog } from '../../../parts/confirm-dialog.tsx';
import { counted } from '../../../parts/format.ts';
import { Section } from '../../../parts/section.tsx';
import { Empty, Loaded, RowBones } from '../../../parts/states.tsx';
import { Table } from '../../../parts/table.tsx';
import { Time } from '../../../parts/time.tsx';
import { AddPersonDialog } from './add-person-dialog.tsx';
import { PersonActions } from './person-actions.tsx';
import { ResetPasswordDialog } from './reset-password-dialog.tsx';
import { roleWords } from './role-words.ts';
import { RolesDialog } from './roles-dialog.tsx';

/** Accounts with their roles and factors; everything that can be done with one is in its menu. */
export function PeopleTab(): ReactNode {
  const { name: own } = useSession();
  const query = useAsk(listUsers, {});
  const [isAdding, setIsAdding] = useState(false);
  const [roles, setRoles] = useState<UserLine | null>(null);
  const [reset, setReset] = useState<UserLine | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const asks = useAsks();
  const add = (
    <Button look="primary" icon={<Plus aria-hidden size={14} />} onClick={() => setIsAdding(true)}>
      Add a person
    </Button>
  );
  return (
    <Loaded query={query} skeleton={<RowBones rows={4} />}>
      {(users) => (
        <>
          {users.length === 0 ? (
            <Empty title="There is no account yet">
              <p>Whoever works at this machine needs none. Everybody else signs in with one.</p>
              <div className="mt-3">{add}</div>
            </Empty>
          ) : (
            <>
              <div className="flex justify-end px-4 pt-3 pb-1">{add}</div>
              <Table
                label="People"
                rows={users}
                keyOf={({ name }) => name}
                columns={[
                  {
                    name: 'Name',
                    cell: (user) => (
                      <span className="inline-flex flex-wrap items-center gap-2">
                        <span className="font-medium">{user.name}</span>
                        {user.name === own ? <Badge tone="busy">you</Badge> : null}
                        {user.disabled ? <Badge tone="warn">Disabled</Badge> : null}
                      </span>
                    ),
                  },
                  { name: 'Roles', cell: ({ roles: held }) => <Roles roles={held} /> },
                  { name: 'Second factor', isExtra: true, cell: Factor },
                  {
                    name: 'Last signed in',
                    isFigure: true,
                    isExtra: true,
                    cell: ({ signedInAt }) =>
                      signedInAt === null ? (
                        <span className="text-quiet">never</span>
                      ) : (
                        <Time at={signedInAt} />
                      ),
                  },
                  {
                    name: 'Act',
                    isActs: true,
                    isFigure: true,
                    cell: (user) => (
                      <PersonActions
                        user={user}
                        isOwn={user.name === own}
                        onRoles={() => setRoles(user)}
                        onReset={() => setReset(user)}
                        onUnlock={() => setAsked(asks.unlock(user))}
                        onDisable={() =>
                          setAsked(user.disabled ? asks.enable(user) : asks.disable(user))
                        }
                        onRemove={() => setAsked(asks.remove(user))}
                      />
                    ),
                  },
                ]}
              />
            </>
          )}
          <RoleGuide />
          <AddPersonDialog open={isAdding} onClose={() => setIsAdding(false)} />
          <RolesDialog user={roles} onClose={() => setRoles(null)} />
          <ResetPasswordDialog user={reset} onClose={() => setReset(null)} />
          <ConfirmDialog asked={asked} onClose={() => setAsked(null)} />
        </>
      )}
    </Loaded>
  );
}

function useAsks(): Readonly<
  Record<'unlock' | 'enable' | 'disable' | 'remove', (user: UserLine) => Asked>
> {
  const enable = useAct(enableUser);
  const disable = useAct(disableUser);
  const remove = useAct(removeUser);
  const unlock = useAct(unlockUser);
  return {
    unlock: ({ name }) => ({
      title: `Unlock ${name}?`,
      consequence:
        'Wrong passwords and codes before now are forgotten; it can be tried again at once.',
      word: 'Unlock',
      look: 'primary',
      run: () => unlock.mutateAsync({ name }),
    }),
    enable: ({ name }) => ({
      title: `Let ${name} sign in again?`,
      consequence: 'Password, second factor and roles are as they were.',
      word: 'Enable',
      look: 'primary',
      run: () => enable.mutateAsync({ name }),
    }),
    disable: ({ name }) => ({
      title: `Disable ${name}?`,
      consequence: 'All sessions end and all tokens are refused, at once. It can be enabled again.',
      word: 'Disable',
      run: () => disable.mutateAsync({ name }),
    }),
    remove: ({ name }) => ({
      title: `Remove ${name}?`,
      consequence:
        'The account goes with its sessions, tokens and factors, for good. Its name stays taken, so that the audit log means nobody else.',
      word: 'Remove the account',
      run: () => remove.mutateAsync({ name }),
    }),
  };
}

function Roles({ roles }: { readonly roles: UserLine['roles'] }): ReactNode {
  if (roles.length === 0) return <span className="text-quiet">none</span>;
  return (
    <ul>
      {roles.map(({ role, repositories }) => (
        <li key={`${role} ${repositories?.join(' ') ?? ''}`}>
          {role}
          {repositories === null ? null : (
            <span className="text-12 text-quiet"> in {repositories.join(', ')}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Factor({ totp, passkeys, recoveryCodesLeft }: UserLine): ReactNode {
  const held = [
    totp ? 'code generator' : '',
    passkeys === 0 ? '' : counted(passkeys, 'passkey'),
    totp ? counted(recoveryCodesLeft, 'recovery code') : '',
  ].filter(Boolean);
  return held.length === 0 ? <span className="text-warn">none</span> : held.join(', ');
}

function RoleGuide(): ReactNode {
  return (
    <div className="px-4 py-6">
      <Section level={2} title="What a role may do">
        <dl className="grid grid-cols-[88px_minmax(0,1fr)] gap-x-4 gap-y-1 text-13">
          {Object.entries(roleWords).map(([role, words]) => (
            <div key={role} className="contents">
              <dt className="font-medium">{role}</dt>
              <dd className="text-quiet">{words}</dd>
            </div>
          ))}
        </dl>
      </Section>
    </div>
  );
}
