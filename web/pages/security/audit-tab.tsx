import { Link } from '@tanstack/react-router';
import { FilterX, ScrollText, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMemo } from 'react';
import type { AuditLine } from '../../../src/operations/audit/contract.ts';
import { listAudit } from '../../../src/operations/audit/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { Button } from '../../parts/button.tsx';
import { Choice } from '../../parts/choice.tsx';
import { classNames } from '../../parts/class-names.ts';
import { usePageSearch } from '../../parts/page-search.ts';
import { SearchBox } from '../../parts/search-box.tsx';
import { Empty, Loaded, RowBones } from '../../parts/states.tsx';
import { Time } from '../../parts/time.tsx';
import { AuditEntry } from './audit-entry.tsx';
import { OutcomeWord } from './outcome-word.tsx';
import { periods } from './periods.ts';
import { securitySearch } from './search.ts';

const pageLength = 100;

/** The audit log with search; the entry that is open stands beside the list. */
export function AuditTab(): ReactNode {
  const [{ q, event, outcome, hours, before, entry }, setSearch] = usePageSearch(securitySearch);
  // To the minute, so that the same question is not another one with every look.
  const since = useMemo(() => sinceOf(hours), [hours]);
  const query = useAsk(
    listAudit,
    {
      limit: pageLength,
      ...(q === undefined ? {} : { q }),
      ...(event === undefined ? {} : { event }),
      ...(outcome === undefined ? {} : { outcome }),
      ...(since === undefined ? {} : { since }),
      ...(before === undefined ? {} : { beforeSeq: before }),
    },
    { keep: true },
  );
  const isFiltered = [q, event, outcome, hours].some((one) => one !== undefined);
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-line border-b px-4 py-2">
        <SearchBox
          label="Search the audit log"
          value={q ?? ''}
          onSearch={(words) =>
            setSearch({ q: words === '' ? undefined : words, before: undefined }, { replace: true })
          }
        />
        <Choice
          label="End"
          value={outcome ?? 'any'}
          choices={[
            { value: 'any', word: 'Any end' },
            { value: 'ok', word: 'Done' },
            { value: 'refused', word: 'Refused' },
            { value: 'failed', word: 'Failed' },
            { value: 'begun', word: 'Begun' },
          ]}
          onChoose={(value) =>
            setSearch({ outcome: value === 'any' ? undefined : value, before: undefined })
          }
        />
        <Choice
          label="Period"
          value={hours === undefined ? 'any' : String(hours)}
          choices={[{ value: 'any', word: 'Any time' }, ...periods]}
          onChoose={(value) =>
            setSearch({ hours: value === 'any' ? undefined : Number(value), before: undefined })
          }
        />
        {event === undefined ? null : (
          <Button
            icon={<X aria-hidden size={14} />}
            onClick={() => setSearch({ event: undefined, before: undefined })}
          >
            Only <code className="text-12">{event}</code>
          </Button>
        )}
      </div>
      <Loaded query={query} skeleton={<RowBones />}>
        {({ entries, beforeSeq }) =>
          entries.length === 0 ? (
            <NoEntries isFiltered={isFiltered || before !== undefined} />
          ) : (
            <div
              className={classNames(
                'lg:grid',
                entry !== undefined && 'lg:grid-cols-[minmax(0,1fr)_460px]',
              )}
            >
              <div className="min-w-0">
                <ul aria-label="Audit entries">
                  {folded(entries, outcome === 'begun').map((one) => (
                    <EntryLine key={one.seq} entry={one} isOpen={one.seq === entry} />
                  ))}
                </ul>
                <div className="flex justify-center gap-2 p-4">
                  {before === undefined ? null : (
                    <Button onClick={() => setSearch({ before: undefined })}>Newest</Button>
                  )}
                  {beforeSeq === null ? null : (
                    <Button onClick={() => setSearch({ before: beforeSeq })}>Older</Button>
                  )}
                </div>
              </div>
              {entry === undefined ? null : (
                <AuditEntry
                  key={entry}
                  seq={entry}
                  onClose={() => setSearch({ entry: undefined })}
                />
              )}
            </div>
          )
        }
      </Loaded>
    </>
  );
}

/** An act that began and ended on the same page is one line: its end. */
function folded(entries: readonly AuditLine[], isAboutBegun: boolean): readonly AuditLine[] {
  if (isAboutBegun) return entries;
  const ended = new Set(entries.map(({ begun }) => begun));
  return entries.filter(({ seq, outcome }) => outcome !== 'begun' || !ended.has(seq));
}

function sinceOf(hours: number | undefined): string | undefined {
  if (hours === undefined) return undefined;
  const minute = Math.floor(Date.now() / 60_000) * 60_000;
  return new Date(minute - hours * 3_600_000).toISOString();
}

function EntryLine({
  entry: { seq, at, event, outcome, actor, target, reason },
  isOpen,
}: {
  readonly entry: AuditLine;
  readonly isOpen: boolean;
}): ReactNode {
  return (
    <li className={classNames('border-line border-b', isOpen ? 'bg-selected' : 'hover:bg-hover')}>
      <Link
        to="/security"
        search={(now: object) => ({ ...now, entry: isOpen ? undefined : seq })}
        resetScroll={false}
        aria-current={isOpen ? 'true' : undefined}
        className="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4 px-4 py-2 text-13 focus-visible:-outline-offset-2"
      >
        <span className="flex min-w-0 flex-wrap items-baseline gap-x-3">
          <span className="w-[52px] shrink-0 text-12 text-quiet">{seq}</span>
          <code className="text-12 font-medium">{event}</code>
          <OutcomeWord outcome={outcome} />
        </span>
        <span className="text-12 text-quiet">
          <Time at={at} />
        </span>
        <span className="col-span-2 min-w-0 truncate text-12 text-quiet sm:pl-16">
          {actor.name}
          {target === null ? '' : ` · ${target}`}
          {reason === null ? '' : ` · ${reason}`}
        </span>
      </Link>
    </li>
  );
}

function NoEntries({ isFiltered }: { readonly isFiltered: boolean }): ReactNode {
  if (!isFiltered) {
    return (
      <Empty icon={<ScrollText aria-hidden size={24} />} title="The audit log is empty">
        <p>Everything that is asked of the service is written here before it is done.</p>
      </Empty>
    );
  }
  return (
    <Empty icon={<FilterX aria-hidden size={24} />} title="No entry is like this">
      <Link to="/security" search={{ tab: 'audit' }} className="text-accent underline">
        Show the whole log
      </Link>
    </Empty>
  );
}
