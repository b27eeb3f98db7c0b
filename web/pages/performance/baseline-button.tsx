import type { ReactNode } from 'react';
import { useState } from 'react';
import { keepBaseline } from '../../../src/operations/performance/contract.ts';
import { useAct } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { Button } from '../../parts/button.tsx';
import type { Asked } from '../../parts/confirm-dialog.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { counted } from '../../parts/format.ts';

/** Calls how it performs now normal. */
export function BaselineButton({ hours }: { readonly hours: number }): ReactNode {
  const { may } = useSession();
  const act = useAct(keepBaseline);
  const [asked, setAsked] = useState<Asked | null>(null);
  if (!may('alerts:write')) return null;
  return (
    <>
      <Button
        onClick={() =>
          setAsked({
            title: 'Call this normal?',
            consequence: `Durations of the last ${counted(hours, 'hour')} become what alerts on slowness compare with; what was normal before is forgotten.`,
            word: 'Call it normal',
            look: 'primary',
            run: () => act.mutateAsync({ hours }),
          })
        }
      >
        Call this normal
      </Button>
      <ConfirmDialog asked={asked} onClose={() => setAsked(null)} />
    </>
  );
}
