import { Radar } from 'lucide-react';
import type { ReactNode } from 'react';
import { scanRepositories } from '../../../src/operations/scans/contract.ts';
import { useAct } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { Button } from '../../parts/button.tsx';
import { counted } from '../../parts/format.ts';
import { CorrelationId } from '../../parts/states.tsx';
import { WithCode } from '../../parts/with-code.tsx';

/** Looks at the repository now and proposes what is new; says what came of it. */
export function ScanNow({ repo }: { readonly repo: string }): ReactNode {
  const { may } = useSession();
  const scan = useAct(scanRepositories);
  if (!may('scans:run')) return null;
  return (
    <div className="flex max-w-[360px] flex-col items-end gap-1">
      <Button
        icon={<Radar aria-hidden size={15} className={scan.isPending ? 'alive' : ''} />}
        disabled={scan.isPending}
        onClick={() => scan.mutate({ repositories: [repo] })}
      >
        {scan.isPending ? 'Scanning' : 'Scan now'}
      </Button>
      <p aria-live="polite" className="text-right text-12 text-quiet">
        {scan.data === undefined || scan.isPending ? null : said(scan.data)}
      </p>
      {scan.error === null ? null : <Refused error={scan.error} />}
    </div>
  );
}

function said({
  findings,
  proposed,
  problems,
}: {
  readonly findings: readonly unknown[];
  readonly proposed: number;
  readonly problems: readonly { readonly message: string }[];
}): string {
  const trouble = problems.map(({ message }) => ` ${message}`).join('');
  const news = proposed === 0 ? 'nothing new proposed' : counted(proposed, 'new proposal');
  return `${counted(findings.length, 'finding')} open, ${news}.${trouble}`;
}

function Refused({ error }: { readonly error: unknown }): ReactNode {
  const { message, next, correlationId } = toApiError(error);
  return (
    <p role="alert" className="text-right text-12 text-bad">
      <WithCode text={`${message} ${next ?? ''}`} />
      {correlationId === null ? null : <CorrelationId id={correlationId} />}
    </p>
  );
}
