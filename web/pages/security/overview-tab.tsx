import { Link } from '@tanstack/react-router';
import { CircleCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import type { SecurityStatus } from '../../../src/operations/protection/contract.ts';
import { securityStatus } from '../../../src/operations/protection/contract.ts';
import type { AuditReview } from '../../../src/operations/security/contract.ts';
import { reviewAudit } from '../../../src/operations/security/contract.ts';
import { useAsk } from '../../data/data.tsx';
import type { Tone } from '../../parts/badge.tsx';
import { Badge, sentence } from '../../parts/badge.tsx';
import { Choice } from '../../parts/choice.tsx';
import { counted, formatCount } from '../../parts/format.ts';
import { usePageSearch } from '../../parts/page-search.ts';
import { Fact, Facts, Section } from '../../parts/section.tsx';
import { Bone, Loaded, RowBones } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { WithCode } from '../../parts/with-code.tsx';
import { OutcomeWord } from './outcome-word.tsx';
import { periods, periodWords } from './periods.ts';
import { securitySearch } from './search.ts';

/** Open issues first, then what happened, and beside it how things stand. */
export function OverviewTab(): ReactNode {
  const [{ hours = 24 }, setSearch] = usePageSearch(securitySearch);
  const review = useAsk(reviewAudit, { hours }, { keep: true, everyMs: 60_000 });
  const status = useAsk(securityStatus, {}, { everyMs: 60_000 });
  return (
    <div className="grid gap-8 px-4 py-4 lg:grid-cols-[minmax(0,1fr)_320px]">
      <div className="flex min-w-0 flex-col gap-8">
        <Loaded query={review} skeleton={<RowBones />}>
          {(found) => (
            <>
              <Issues
                issues={found.issues}
                hours={hours}
                period={
                  <Choice
                    label="Period"
                    value={String(hours)}
                    choices={periods}
                    onChoose={(value) => setSearch({ hours: Number(value) }, { replace: true })}
                  />
                }
              />
              <Events review={found} hours={hours} />
            </>
          )}
        </Loaded>
      </div>
      {/* Where it stands below the events it waits for them, lest it moves. */}
      <aside aria-label="As it stands" className={review.isPending ? 'max-lg:hidden' : ''}>
        <Loaded query={status} skeleton={<StandingBones />}>
          {(stands) => <Standing stands={stands} />}
        </Loaded>
      </aside>
    </div>
  );
}

const severityTones: Readonly<Record<AuditReview['issues'][number]['severity'], Tone>> = {
  critical: 'bad',
  high: 'bad',
  medium: 'warn',
  low: 'neutral',
};

function Issues({
  issues,
  hours,
  period,
}: {
  readonly issues: AuditReview['issues'];
  readonly hours: number;
  readonly period: ReactNode;
}): ReactNode {
  if (issues.length === 0) {
    return (
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="flex items-center gap-2 text-14">
          <CircleCheck aria-hidden size={18} className="shrink-0 text-ok" />
          Nothing is open in {periodWords(hours)}.
        </p>
        {period}
      </div>
    );
  }
  return (
    <Section level={2} title={counted(issues.length, 'open issue')} aside={period}>
      <ul className="flex flex-col border-line border-t">
        {issues.map(({ code, severity, evidence, next, entries }, index) => (
          <li key={`${code} ${index}`} className="flex gap-3 border-line border-b py-3">
            <span className="w-[76px] shrink-0">
              <Badge tone={severityTones[severity]}>{sentence(severity)}</Badge>
            </span>
            <div className="min-w-0 [overflow-wrap:anywhere]">
              <p className="font-medium text-13">
                <WithCode text={evidence} />
              </p>
              <p className="text-13 text-quiet">
                <WithCode text={next} />
              </p>
              {entries.length === 0 ? null : (
                <p className="mt-1 flex flex-wrap items-center gap-x-2 text-12 text-quiet">
                  Entries
                  {entries.map((seq) => (
                    <Link
                      key={seq}
                      to="/security"
                      search={{ tab: 'audit', entry: seq, before: seq + 1 }}
                      className="inline-flex min-h-6 min-w-6 items-center text-accent underline"
                    >
                      {seq}
                    </Link>
                  ))}
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Events({
  review,
  hours,
}: {
  readonly review: AuditReview;
  readonly hours: number;
}): ReactNode {
  return (
    <Section
      level={2}
      title="Events"
      aside={`${counted(review.entries, 'entry', 'entries')} in ${periodWords(hours)}`}
    >
      {review.events.length === 0 ? (
        <p className="text-13 text-quiet">Nothing was recorded in {periodWords(hours)}.</p>
      ) : (
        <div className="-mx-4">
          <Table
            label="Events of the period"
            rows={review.events}
            keyOf={({ event, outcome }) => `${event} ${outcome}`}
            columns={[
              { name: 'What', cell: ({ event }) => <code className="text-12">{event}</code> },
              { name: 'End', cell: ({ outcome }) => <OutcomeWord outcome={outcome} /> },
              {
                name: 'Entries',
                isFigure: true,
                cell: ({ event, outcome, count }) => (
                  <Link
                    to="/security"
                    search={{ tab: 'audit', event, outcome, hours }}
                    aria-label={`${count} entries of ${event}, ${outcome}`}
                    className="text-accent underline"
                  >
                    {formatCount(count)}
                  </Link>
                ),
              },
            ]}
          />
        </div>
      )}
    </Section>
  );
}

/** What was not measured is said so, never shown as zero. */
function figure(value: number | null, word: (value: number) => string): ReactNode {
  return value === null ? <span className="text-quiet">not measured</span> : word(value);
}

function Standing({ stands }: { readonly stands: SecurityStatus }): ReactNode {
  const { blocks, signIn, credentials, audit, limits } = stands;
  const link = (tab: string, children: ReactNode): ReactNode => (
    <Link to="/security" search={{ tab }} className="text-accent underline">
      {children}
    </Link>
  );
  return (
    <div className="flex flex-col gap-6">
      <Section level={2} title="Signing in">
        <Facts>
          <Fact name="Accounts">{figure(signIn.accounts, formatCount)}</Fact>
          <Fact name="Second factor">
            {signIn.secondFactorRequired ? 'required' : 'not required'},{' '}
            {figure(signIn.withoutSecondFactor, (count) => `${formatCount(count)} without one`)}
          </Fact>
          <Fact name="Locked">
            {figure(signIn.lockedAccounts, (count) => counted(count, 'account'))}
          </Fact>
          <Fact name="Sessions">{link('sessions', figure(signIn.sessions, formatCount))}</Fact>
          <Fact name="Tokens">{link('tokens', figure(signIn.tokens, formatCount))}</Fact>
        </Facts>
      </Section>
      <Section level={2} title="Blocked clients">
        <Facts>
          <Fact name="Now">{link('blocked', formatCount(blocks.standing))}</Fact>
          <Fact name="Last 24 hours">{formatCount(blocks.begunInLastDay)}</Fact>
        </Facts>
      </Section>
      <Section level={2} title="Credentials">
        <Facts>
          <Fact name="Stored">{link('credentials', figure(credentials.stored, formatCount))}</Fact>
          <Fact name="Expired">{figure(credentials.expired, formatCount)}</Fact>
          <Fact name="In 14 days">{figure(credentials.expiringWithin14Days, formatCount)}</Fact>
        </Facts>
      </Section>
      <Section level={2} title="Audit log">
        <Facts>
          <Fact name="Entries">{link('audit', figure(audit.entries, formatCount))}</Fact>
          <Fact name="Last entry">
            {audit.lastEntryAt === null ? 'none' : <Time at={audit.lastEntryAt} />}
          </Fact>
          <Fact name="Verification">{link('chain', 'look')}</Fact>
        </Facts>
      </Section>
      <Section level={2} title="Limits">
        <Facts>
          <Fact name="A client">{formatCount(limits.requestsPerMinute)} requests a minute</Fact>
          <Fact name="An address">
            {formatCount(limits.requestsPerMinuteOfAddress)} requests a minute
          </Fact>
          <Fact name="Block">
            {counted(limits.blockMinutes, 'minute')}, after{' '}
            {counted(limits.violationsBeforeBlock, 'violation')} or{' '}
            {counted(limits.probesBeforeBlock, 'probe')}
          </Fact>
        </Facts>
      </Section>
    </div>
  );
}

function StandingBones(): ReactNode {
  return (
    <div className="flex flex-col gap-6">
      {[4, 2, 3, 3].map((lines, index) => (
        <div key={index} className="flex flex-col gap-2">
          <Bone width={14} />
          {Array.from({ length: lines }, (_, line) => (
            <Bone key={line} width={26 - line * 2} />
          ))}
        </div>
      ))}
    </div>
  );
}
