import { ShieldCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { BlockLine } from '../../../src/operations/protection/contract.ts';
import {
  liftBlock,
  listBlocks,
  securityStatus,
} from '../../../src/operations/protection/contract.ts';
import { useAct, useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { Button } from '../../parts/button.tsx';
import type { Asked } from '../../parts/confirm-dialog.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { counted } from '../../parts/format.ts';
import { Empty, Loaded, RowBones } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { evidenceWords } from './evidence-words.ts';

const reasons: Readonly<Record<BlockLine['reason'], string>> = {
  rate_limit: 'Too many requests',
  probing: 'Looked for weak places',
};

/** Who is kept out, why and how long; each can be let in again. */
export function BlocksTab(): ReactNode {
  const { may } = useSession();
  const query = useAsk(listBlocks, {}, { everyMs: 30_000 });
  const lift = useAct(liftBlock);
  const [asked, setAsked] = useState<Asked | null>(null);
  const ask = ({ id, subject, until }: BlockLine): void =>
    setAsked({
      title: <>Let {subject} in again?</>,
      consequence: (
        <>
          The block would end <Time at={until} />. Whoever it is can ask again at once, within the
          same limits.
        </>
      ),
      word: 'Lift the block',
      look: 'primary',
      run: () => lift.mutateAsync({ block: id }),
    });
  return (
    <Loaded query={query} skeleton={<RowBones rows={3} />}>
      {({ items }) =>
        items.length === 0 ? (
          <NobodyBlocked />
        ) : (
          <>
            <Table
              label="Blocked clients"
              rows={items}
              keyOf={({ id }) => id}
              columns={[
                {
                  name: 'Client',
                  cell: ({ subject }) => <Client subject={subject} />,
                },
                { name: 'Why', isWords: true, cell: ({ reason }) => reasons[reason] },
                {
                  name: 'Evidence',
                  isExtra: true,
                  cell: ({ evidence }) => (
                    <span className="text-12 text-quiet">{evidenceWords(evidence)}</span>
                  ),
                },
                {
                  name: 'Since',
                  isFigure: true,
                  isExtra: true,
                  cell: ({ since }) => <Time at={since} />,
                },
                { name: 'Until', isFigure: true, cell: ({ until }) => <Time at={until} /> },
                {
                  name: 'Act',
                  isActs: true,
                  isFigure: true,
                  cell: (block) =>
                    may('security:write') ? (
                      <Button aria-label={`Unblock ${block.subject}`} onClick={() => ask(block)}>
                        Unblock
                      </Button>
                    ) : (
                      <span className="text-quiet">an admin can</span>
                    ),
                },
              ]}
            />
            <ConfirmDialog asked={asked} onClose={() => setAsked(null)} />
          </>
        )
      }
    </Loaded>
  );
}

/** `address:192.0.2.7`, broken after its kind first, so that no address is torn apart where there is room for it. */
function Client({ subject }: { readonly subject: string }): ReactNode {
  const after = subject.indexOf(':') + 1;
  return (
    <code className="text-12">
      {subject.slice(0, after)}
      <wbr />
      {subject.slice(after)}
    </code>
  );
}

function NobodyBlocked(): ReactNode {
  const { data } = useAsk(securityStatus, {});
  return (
    <Empty icon={<ShieldCheck aria-hidden size={24} />} title="Nobody is blocked">
      {data === undefined ? null : (
        <p>
          A client is blocked for {counted(data.limits.blockMinutes, 'minute')} after{' '}
          {counted(data.limits.violationsBeforeBlock, 'violation')} of its limit in ten minutes, or
          after {counted(data.limits.probesBeforeBlock, 'probe')}.
        </p>
      )}
    </Empty>
  );
}
