import { KeySquare, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { TokenLine } from '../../../src/operations/tokens/contract.ts';
import { listTokens, revokeToken } from '../../../src/operations/tokens/contract.ts';
import { useAct, useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { Badge } from '../badge.tsx';
import { Button } from '../button.tsx';
import type { Asked } from '../confirm-dialog.tsx';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { counted } from '../format.ts';
import { Empty, Loaded, RowBones } from '../states.tsx';
import { Table } from '../table.tsx';
import { Time, useNow } from '../time.tsx';
import { TokenDialog } from './token-dialog.tsx';

/** API tokens with what they may and when they were used; made and revoked here. */
export function TokenTable({
  isEverybody,
}: {
  /** Those of every account; only an administrator gets them. */
  readonly isEverybody: boolean;
}): ReactNode {
  const { hasAccount } = useSession();
  const query = useAsk(listTokens, { all: isEverybody });
  const revoke = useAct(revokeToken);
  const now = useNow(60_000);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [isMaking, setIsMaking] = useState(false);
  const ask = ({ id, name, owner, usedAt }: TokenLine): void =>
    setAsked({
      title: `Revoke “${name}”?`,
      consequence: (
        <>
          Whatever uses this token of {owner} is refused from now on, and it cannot be made valid
          again.{' '}
          {usedAt === null ? (
            'It was never used.'
          ) : (
            <>
              Last used <Time at={usedAt} />.
            </>
          )}
        </>
      ),
      word: 'Revoke it',
      run: () => revoke.mutateAsync({ id }),
    });
  const make = (
    <Button look="primary" icon={<Plus aria-hidden size={14} />} onClick={() => setIsMaking(true)}>
      Make a token
    </Button>
  );
  return (
    <Loaded query={query} skeleton={<RowBones rows={3} />}>
      {(tokens) => (
        <>
          {tokens.length === 0 ? (
            <Empty icon={<KeySquare aria-hidden size={24} />} title="There is no API token yet">
              <p>
                A program that calls the API, or an editor that asks over MCP, needs one. It can do
                some of what its owner may, and it ends by itself.
              </p>
              {hasAccount ? (
                <div className="mt-3">{make}</div>
              ) : (
                <p>Sign in with an account to make one.</p>
              )}
            </Empty>
          ) : (
            <>
              {hasAccount ? <div className="flex justify-end px-4 pt-3 pb-1">{make}</div> : null}
              <Table
                label="API tokens"
                rows={tokens}
                keyOf={({ id }) => id}
                columns={[
                  {
                    name: 'Token',
                    cell: (token) => (
                      <>
                        <span className="mr-2 font-medium">{token.name}</span>
                        <State token={token} now={now} />
                      </>
                    ),
                  },
                  ...(isEverybody
                    ? [{ name: 'Owner', isExtra: true, cell: ({ owner }: TokenLine) => owner }]
                    : []),
                  {
                    name: 'May',
                    isExtra: true,
                    cell: ({ scopes }) => (
                      <span className="text-12 text-quiet" title={scopes.join(', ')}>
                        {scopes.length > 3
                          ? counted(scopes.length, 'permission')
                          : scopes.join(', ')}
                      </span>
                    ),
                  },
                  {
                    name: 'Last used',
                    isFigure: true,
                    isExtra: true,
                    cell: ({ usedAt }) =>
                      usedAt === null ? (
                        <span className="text-quiet">never</span>
                      ) : (
                        <Time at={usedAt} />
                      ),
                  },
                  {
                    name: 'Ends',
                    isFigure: true,
                    cell: ({ expiresAt }) => <Time at={expiresAt} />,
                  },
                  {
                    name: 'Act',
                    isActs: true,
                    isFigure: true,
                    cell: (token) =>
                      isOver(token, now) ? null : (
                        <Button
                          look="danger"
                          aria-label={`Revoke ${token.name}`}
                          onClick={() => ask(token)}
                        >
                          Revoke
                        </Button>
                      ),
                  },
                ]}
              />
            </>
          )}
          <ConfirmDialog asked={asked} onClose={() => setAsked(null)} />
          <TokenDialog open={isMaking} onClose={() => setIsMaking(false)} />
        </>
      )}
    </Loaded>
  );
}

function isOver({ revokedAt, expiresAt }: TokenLine, now: Date): boolean {
  return revokedAt !== null || new Date(expiresAt) <= now;
}

function State({ token, now }: { readonly token: TokenLine; readonly now: Date }): ReactNode {
  if (token.revokedAt !== null) return <Badge>Revoked</Badge>;
  return isOver(token, now) ? <Badge tone="warn">Expired</Badge> : null;
}
