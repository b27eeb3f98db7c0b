import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { liftSuppression } from '../../../src/operations/approvals/contract.ts';
import type { RepositoryStory } from '../../../src/operations/repositories/contract.ts';
import { useAct } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { lookOf } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { counted, formatCount, formatDuration } from '../../parts/format.ts';
import { Fact, Facts, Section } from '../../parts/section.tsx';
import { Time } from '../../parts/time.tsx';
import { WithCode } from '../../parts/with-code.tsx';
import { kindWord } from '../../parts/words.ts';

/** Where its work stands, how it was looked at, and what is never proposed here. */
export function WorkTab({ story }: { readonly story: RepositoryStory }): ReactNode {
  return (
    <div className="grid gap-x-10 gap-y-8 px-4 py-5 lg:grid-cols-2">
      <States story={story} />
      <Looks story={story} />
      <Never story={story} />
    </div>
  );
}

function States({ story: { name, states } }: { readonly story: RepositoryStory }): ReactNode {
  const all = Object.entries(states).toSorted(([, a], [, b]) => b - a);
  return (
    <Section
      title="Work by state"
      aside={
        <Link to="/outcomes" search={{ repo: name }} className="text-accent underline">
          what came of it
        </Link>
      }
    >
      {all.length === 0 ? (
        <p className="text-13 text-quiet">Nothing has been proposed here yet.</p>
      ) : (
        <ul className="border-line border-t">
          {all.map(([state, count]) => {
            const { word, icon: Icon } = lookOf(state);
            return (
              <li key={state} className="border-line border-b">
                <Link
                  to="/tasks"
                  search={{ repo: name, state }}
                  className="flex items-center gap-2 py-2 text-13 hover:bg-hover"
                >
                  <Icon aria-hidden size={14} className="text-quiet" />
                  <span className="flex-1">{word}</span>
                  <span className="font-medium">{formatCount(count)}</span>
                </Link>
              </li>
            );
          })}
        </ul>
      )}
    </Section>
  );
}

function Looks({ story: { lastScan, scans } }: { readonly story: RepositoryStory }): ReactNode {
  return (
    <Section title="Last scan">
      {lastScan === null ? (
        <p className="text-13 text-quiet">It has not been looked at yet.</p>
      ) : (
        <Facts>
          <Fact name="When">
            <Time at={lastScan.at} />
          </Fact>
          <Fact name="Cost">
            {lastScan.requests === null
              ? 'requests not measured'
              : `${counted(lastScan.requests, 'request')} to the code host`}
            {lastScan.durationMs === null ? '' : `, ${formatDuration(lastScan.durationMs)}`}
          </Fact>
          <Fact name="Commit">
            {lastScan.commit === null ? (
              <span className="text-quiet">not known</span>
            ) : (
              <code className="text-12">{lastScan.commit.slice(0, 12)}</code>
            )}
          </Fact>
          {lastScan.problem === null ? null : (
            <Fact name="Failed">
              <span className="text-bad">
                <WithCode text={lastScan.problem} />
              </span>
            </Fact>
          )}
          {scans.map(({ rule, commit, at }) => (
            <Fact key={rule} name={kindWord(rule)}>
              {/* What is not looked for in the code has a mark of its own, which is no commit. */}
              {commit === lastScan.commit ? (
                <>
                  up to <code className="text-12">{commit.slice(0, 12)}</code>,{' '}
                </>
              ) : null}
              <Time at={at} />
            </Fact>
          ))}
        </Facts>
      )}
    </Section>
  );
}

function Never({ story: { suppressions } }: { readonly story: RepositoryStory }): ReactNode {
  const { may } = useSession();
  const lift = useAct(liftSuppression);
  return (
    <Section title="Never proposed here">
      {suppressions.length === 0 ? (
        <p className="text-13 text-quiet">
          Nothing. Rejecting a proposal with “never again for this kind here” puts its kind on this
          list.
        </p>
      ) : (
        <ul className="border-line border-t">
          {suppressions.map(({ id, rule, by }) => (
            <li
              key={id}
              className="flex items-center justify-between gap-3 border-line border-b py-2 text-13"
            >
              <span>
                <span className="font-medium">{kindWord(rule)}</span>{' '}
                <span className="text-quiet">by {by}</span>
              </span>
              {may('tasks:approve') ? (
                <Button disabled={lift.isPending} onClick={() => lift.mutate({ id })}>
                  Propose it again
                </Button>
              ) : null}
            </li>
          ))}
        </ul>
      )}
      {lift.error === null ? null : (
        <p role="alert" className="text-13 text-bad">
          <WithCode text={toApiError(lift.error).message} />
        </p>
      )}
    </Section>
  );
}
