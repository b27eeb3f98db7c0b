import { KeyRound, Plus, RotateCw, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { Credential } from '../../../src/operations/credentials/contract.ts';
import {
  listCredentials,
  removeCredential,
  rotateCredential,
} from '../../../src/operations/credentials/contract.ts';
import { useAct, useAsk } from '../../data/data.tsx';
import type { Tone } from '../../parts/badge.tsx';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import type { Asked } from '../../parts/confirm-dialog.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { counted } from '../../parts/format.ts';
import { Empty, Loaded, RowBones } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { CredentialDialog } from './credential-dialog.tsx';

const states: Readonly<
  Record<Credential['state'], { readonly word: string; readonly tone: Tone }>
> = {
  valid: { word: 'Valid', tone: 'ok' },
  expiring: { word: 'Expires soon', tone: 'warn' },
  expired: { word: 'Expired', tone: 'bad' },
};

/** Secrets by name: how old, when they are made anew, what they were used for. No value is ever sent here. */
export function CredentialsTab(): ReactNode {
  const query = useAsk(listCredentials, {});
  const rotate = useAct(rotateCredential);
  const remove = useAct(removeCredential);
  const [asked, setAsked] = useState<Asked | null>(null);
  /** A name, or '' for a new one. */
  const [storing, setStoring] = useState<string | null>(null);
  const askRotate = ({ name, previousUntil }: Credential): void =>
    setAsked({
      title: `Make ${name} anew now?`,
      consequence:
        previousUntil === null
          ? 'A new value takes its place; when that fails, the old one stays.'
          : 'A new value takes its place; the one before stays valid for a while.',
      word: 'Rotate it',
      look: 'primary',
      run: () => rotate.mutateAsync({ name }),
    });
  const askRemove = ({ name }: Credential): void =>
    setAsked({
      title: `Remove ${name}?`,
      consequence:
        'Its value is gone for good, and whatever needs it fails from now on. What was recorded of its use stays.',
      word: 'Remove it',
      run: () => remove.mutateAsync({ name }),
    });
  return (
    <Loaded query={query} skeleton={<RowBones rows={4} />}>
      {(credentials) => (
        <>
          {credentials.length === 0 ? (
            <Empty icon={<KeyRound aria-hidden size={24} />} title="No secret is stored yet">
              <p>
                Tokens and keys of the environment work as they are. Stored here they are encrypted,
                and their age and use are known.
              </p>
              <Button
                look="primary"
                className="mt-3"
                icon={<Plus aria-hidden size={14} />}
                onClick={() => setStoring('')}
              >
                Store a credential
              </Button>
            </Empty>
          ) : (
            <>
              <div className="flex justify-end px-4 pt-3 pb-1">
                <Button icon={<Plus aria-hidden size={14} />} onClick={() => setStoring('')}>
                  Store a credential
                </Button>
              </div>
              <Table
                label="Credentials"
                rows={credentials}
                keyOf={({ name }) => name}
                columns={[
                  {
                    name: 'Name',
                    cell: (one) => (
                      <>
                        <code className="font-medium text-12">{one.name}</code>
                        {one.rotationError === null ? null : (
                          <p className="text-12 text-bad">Rotation failed: {one.rotationError}</p>
                        )}
                      </>
                    ),
                  },
                  {
                    name: 'State',
                    cell: ({ state, expiresAt }) => (
                      <span className="inline-flex flex-wrap items-center gap-2">
                        <Badge tone={states[state].tone}>{states[state].word}</Badge>
                        {expiresAt === null ? null : (
                          <span className="text-12 text-quiet">
                            <Time at={expiresAt} />
                          </span>
                        )}
                      </span>
                    ),
                  },
                  {
                    name: 'Set',
                    isFigure: true,
                    isExtra: true,
                    cell: ({ changedAt }) => <Time at={changedAt} />,
                  },
                  { name: 'Next rotation', isFigure: true, isExtra: true, cell: NextRotation },
                  { name: 'Used', isFigure: true, isExtra: true, cell: Use },
                  {
                    name: 'Act',
                    isActs: true,
                    isFigure: true,
                    cell: (one) => (
                      <span className="inline-flex flex-wrap justify-end gap-1">
                        <Button
                          look="quiet"
                          square
                          aria-label={`Rotate ${one.name}`}
                          title="Make it anew"
                          icon={<RotateCw aria-hidden size={14} />}
                          onClick={() => askRotate(one)}
                        />
                        <Button
                          look="quiet"
                          square
                          aria-label={`Give ${one.name} a new value`}
                          title="Give it a new value"
                          icon={<KeyRound aria-hidden size={14} />}
                          onClick={() => setStoring(one.name)}
                        />
                        <Button
                          look="quiet"
                          square
                          aria-label={`Remove ${one.name}`}
                          title="Remove it"
                          icon={<Trash2 aria-hidden size={14} />}
                          onClick={() => askRemove(one)}
                        />
                      </span>
                    ),
                  },
                ]}
              />
            </>
          )}
          <ConfirmDialog asked={asked} onClose={() => setAsked(null)} />
          <CredentialDialog name={storing} onClose={() => setStoring(null)} />
        </>
      )}
    </Loaded>
  );
}

function NextRotation({ nextRotationAt, rotateEveryDays }: Credential): ReactNode {
  if (nextRotationAt === null) return <span className="text-quiet">not planned</span>;
  return (
    <span title={rotateEveryDays === null ? undefined : `every ${counted(rotateEveryDays, 'day')}`}>
      <Time at={nextRotationAt} />
    </span>
  );
}

function Use({ usageCount, lastUsedAt, lastPurpose }: Credential): ReactNode {
  if (lastUsedAt === null) return <span className="text-quiet">never</span>;
  return (
    <>
      {counted(usageCount, 'time')}
      <span className="block text-12 text-quiet">
        <Time at={lastUsedAt} />
        {lastPurpose === null ? '' : `, ${lastPurpose}`}
      </span>
    </>
  );
}
