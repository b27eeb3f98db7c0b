import { Link } from '@tanstack/react-router';
import { Radar } from 'lucide-react';
import type { ReactNode } from 'react';
import type { RepositoryLine } from '../../../src/operations/repositories/contract.ts';
import { scanRepositories } from '../../../src/operations/scans/contract.ts';
import { useAct } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { Button } from '../../parts/button.tsx';
import { counted } from '../../parts/format.ts';
import { WithCode } from '../../parts/with-code.tsx';
import { Step } from './step.tsx';
import { Trouble } from './trouble.tsx';

/** The first look at everything, and where its proposals wait. */
export function ScanStep({ watched }: { readonly watched: readonly RepositoryLine[] }): ReactNode {
  const { may } = useSession();
  const scan = useAct(scanRepositories);
  const scanned = watched.filter(({ lastScan }) => lastScan !== null);
  const failed = scanned.filter(({ lastScan }) => lastScan?.problem !== null);
  const waiting = watched.reduce((sum, { proposalsOpen }) => sum + proposalsOpen, 0);
  const isDone = scanned.length > 0 && failed.length < scanned.length;
  return (
    <Step
      number={4}
      title="First scan"
      state={isDone ? 'done' : failed.length > 0 ? 'failed' : 'todo'}
      about="It finds open work and proposes the best of it. Nothing else happens until somebody approves."
      isLast
    >
      {scanned.length === 0 ? null : (
        <p className="text-13">
          {scanned.length} of {counted(watched.length, 'repository', 'repositories')} scanned
          {failed.length === 0 ? '' : `, ${failed.length} failed`}; {counted(waiting, 'proposal')}{' '}
          {waiting === 1 ? 'waits' : 'wait'}.
        </p>
      )}
      {failed.map(({ name, lastScan }) => (
        <p key={name} className="text-13 text-bad">
          {name}: <WithCode text={lastScan?.problem ?? ''} />
        </p>
      ))}
      <Trouble error={scan.error} />
      <div className="flex flex-wrap items-center gap-3">
        {may('scans:run') ? (
          <Button
            look={isDone ? 'plain' : 'primary'}
            icon={<Radar aria-hidden size={14} className={scan.isPending ? 'alive' : ''} />}
            disabled={scan.isPending || watched.length === 0}
            onClick={() => scan.mutate({})}
          >
            {scan.isPending ? 'Scanning' : isDone ? 'Scan again' : 'Scan'}
          </Button>
        ) : null}
        {watched.length === 0 ? (
          <p className="text-12 text-quiet">There is nothing to scan yet.</p>
        ) : null}
        {waiting > 0 ? (
          <Link to="/inbox" className="text-13 text-accent underline">
            Decide on {counted(waiting, 'proposal')}
          </Link>
        ) : null}
      </div>
    </Step>
  );
}
