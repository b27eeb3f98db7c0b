import type { ReactNode } from 'react';
import { lazy, Suspense, useSyncExternalStore } from 'react';
import { useData } from '../data/data.tsx';

const ProofDialog = lazy(() =>
  import('./proof-dialog.tsx').then(({ ProofDialog: View }) => ({ default: View })),
);

/** Asks who the person is when a dangerous act needs it; the act then goes on by itself. */
export function ProveAgain(): ReactNode {
  const { proof } = useData();
  const isAsked = useSyncExternalStore(proof.subscribe, proof.isAsked);
  if (!isAsked) return null;
  return (
    <Suspense fallback={null}>
      <ProofDialog onSettle={proof.settle} />
    </Suspense>
  );
}
