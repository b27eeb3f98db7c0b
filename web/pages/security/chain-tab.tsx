import { useNavigate } from '@tanstack/react-router';
import { CircleCheck, FileText, ShieldAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { securityStatus } from '../../../src/operations/protection/contract.ts';
import type { VerifyReport } from '../../../src/operations/security/contract.ts';
import { verifyAudit } from '../../../src/operations/security/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { Button } from '../../parts/button.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { TextField } from '../../parts/field.tsx';
import { counted, formatCount } from '../../parts/format.ts';
import { Fact, Facts, Section } from '../../parts/section.tsx';
import { ErrorPanel, RowBones, Waiting } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';

/** Longer logs are verified when somebody asks for it. */
const atOnce = 100_000;

/** Whether the audit log is what was written: links, signatures, and what lies outside the database. */
export function ChainTab(): ReactNode {
  const { may } = useSession();
  const status = useAsk(securityStatus, {}, { enabled: may('security:read') });
  const [isWanted, setIsWanted] = useState(false);
  const entries = status.data?.audit.entries ?? null;
  const isShort = entries !== null && entries <= atOnce;
  const query = useAsk(verifyAudit, {}, { enabled: isWanted || isShort });
  if (query.error !== null && query.data === undefined)
    return <ErrorPanel error={query.error} retry={() => void query.refetch()} />;
  if (query.data !== undefined)
    return (
      <Verified
        found={query.data}
        at={query.dataUpdatedAt}
        isBusy={query.isFetching}
        again={() => void query.refetch()}
      />
    );
  if (status.error !== null)
    return <ErrorPanel error={status.error} retry={() => void status.refetch()} />;
  if (query.isFetching || status.isPending)
    return (
      <Waiting>
        <RowBones rows={5} />
      </Waiting>
    );
  return (
    <div className="flex flex-col items-start gap-3 px-4 py-6">
      <p className="text-13">
        Verifying reads the whole log,{' '}
        {entries === null ? 'however long it is' : counted(entries, 'entry', 'entries')}.
      </p>
      <Button look="primary" onClick={() => setIsWanted(true)}>
        Verify the log
      </Button>
    </div>
  );
}

function Verified({
  found,
  at,
  isBusy,
  again,
}: {
  readonly found: VerifyReport;
  readonly at: number;
  readonly isBusy: boolean;
  readonly again: () => void;
}): ReactNode {
  const { head, signedUntil, checkpoints, gaps, anchors, first, root, verifierKey } = found;
  const young = Math.max(0, head.seq - signedUntil);
  return (
    <div className="flex flex-col gap-8 px-4 py-4">
      <div className="flex flex-wrap items-start gap-x-6 gap-y-3">
        <Verdict found={found} at={at} />
        <div className="flex gap-2">
          <Button disabled={isBusy} onClick={again}>
            {isBusy ? 'Verifying…' : 'Verify again'}
          </Button>
          <ReportButton />
        </div>
      </div>
      <div className="grid gap-8 lg:grid-cols-2">
        <Section
          level={2}
          title="The chain"
          aside={<CopyButton text={verifierKey} what="the verifier key" word="Copy the key" />}
        >
          <Facts>
            <Fact name="Entries">
              {formatCount(first)} to {formatCount(head.seq)}
            </Fact>
            <Fact name="Signed">
              up to {formatCount(signedUntil)}, {counted(checkpoints, 'checkpoint')}
              {young === 0 ? '' : `; ${counted(young, 'younger one')} only chained`}
            </Fact>
            <Fact name="Last entry">
              <code className="break-all text-12">{head.hash}</code>
            </Fact>
            <Fact name="Root">
              <code className="break-all text-12">{root}</code>
            </Fact>
            <Fact name="Verifier key">
              <code className="break-all text-12">{verifierKey}</code>
            </Fact>
          </Facts>
        </Section>
        <Prove last={head.seq} first={first} />
      </div>
      <Section level={2} title="Anchors" aside="What was signed, kept outside the database">
        {anchors.length === 0 ? (
          <p className="text-13 text-warn">
            There is none: whoever can write the database could put an older log in the place of
            this one. Name one under security.audit in the configuration.
          </p>
        ) : (
          <div className="-mx-4">
            <Table
              label="Where the log is anchored"
              rows={anchors}
              keyOf={({ name }) => name}
              columns={[
                { name: 'Where', cell: ({ name }) => <code className="text-12">{name}</code> },
                {
                  name: 'Notes',
                  isFigure: true,
                  isExtra: true,
                  cell: ({ lines }) => formatCount(lines),
                },
                {
                  name: 'Vouches for',
                  isFigure: true,
                  cell: ({ last }) =>
                    last === null ? 'nothing yet' : `${formatCount(last.size)} entries`,
                },
                {
                  name: 'Last anchor',
                  isFigure: true,
                  cell: ({ last }) => (last === null ? '' : <Time at={last.at} />),
                },
              ]}
            />
          </div>
        )}
      </Section>
      {gaps.length === 0 ? null : (
        <Section level={2} title="Declared gaps">
          <ul className="text-13">
            {gaps.map(({ after, until, at: when }) => (
              <li key={after}>
                A restore gave up the entries {after + 1} to {until}, <Time at={when} />.
              </li>
            ))}
          </ul>
        </Section>
      )}
    </div>
  );
}

function Verdict({ found, at }: { readonly found: VerifyReport; readonly at: number }): ReactNode {
  const { ok, entries, firstBad, why } = found;
  const Icon = ok ? CircleCheck : ShieldAlert;
  return (
    <div className="flex min-w-[240px] flex-1 items-start gap-3" role="status">
      <Icon aria-hidden size={22} className={ok ? 'shrink-0 text-ok' : 'shrink-0 text-bad'} />
      <div>
        <p className="font-semibold text-16">
          {ok
            ? 'The log is what was written'
            : firstBad === null
              ? 'The log does not verify'
              : `The log does not verify from entry ${formatCount(firstBad)} on`}
        </p>
        <p className="text-13 text-quiet">
          {ok ? `${counted(entries, 'entry', 'entries')} verified ` : `${why ?? ''}; verified `}
          <Time at={new Date(at)} />
        </p>
      </div>
    </div>
  );
}

function ReportButton(): ReactNode {
  const navigate = useNavigate();
  return (
    <Button
      icon={<FileText aria-hidden size={14} />}
      onClick={() => void navigate({ to: '/security/report', search: { hours: 720 } })}
    >
      Evidence report
    </Button>
  );
}

function Prove({ first, last }: { readonly first: number; readonly last: number }): ReactNode {
  const navigate = useNavigate();
  const [seq, setSeq] = useState('');
  const [error, setError] = useState<string | null>(null);
  return (
    <Section level={2} title="Prove one entry">
      <form
        className="flex max-w-[320px] flex-col gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          const entry = Number(seq);
          const isThere = Number.isInteger(entry) && entry >= first && entry <= last;
          setError(isThere ? null : `Give a number from ${first} to ${last}.`);
          if (isThere)
            void navigate({ to: '/security', search: { tab: 'audit', entry, before: entry + 1 } });
        }}
      >
        <TextField
          label="Number of the entry"
          about="Its page makes a proof that anybody can check without this service."
          inputMode="numeric"
          value={seq}
          error={error}
          onChange={(event) => setSeq(event.target.value)}
        />
        <div>
          <Button type="submit">Open it</Button>
        </div>
      </form>
    </Section>
  );
}
