import { BellOff, Check, CircleAlert, CircleCheck, Clock, OctagonAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { AlertLine } from '../../../src/operations/alerts/contract.ts';
import { listAlerts, resolveAlert, silenceAlert } from '../../../src/operations/alerts/contract.ts';
import { useAct, useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { sentence, toneText } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { classNames } from '../../parts/class-names.ts';
import { Bone, CorrelationId, ErrorPanel, Loaded } from '../../parts/states.tsx';
import { Time, useNow } from '../../parts/time.tsx';
import { WithCode } from '../../parts/with-code.tsx';
import { MaintenanceMenu, SilenceList, SilenceMenu } from './silences.tsx';

/** What people are told of, above everything: how bad, since when, what to do. */
export function AlertList({
  all,
  onAll,
}: {
  readonly all: boolean;
  readonly onAll: (all: boolean) => void;
}): ReactNode {
  const { may } = useSession();
  const query = useAsk(listAlerts, { all }, { everyMs: 15_000, keep: true });
  if (!may('metrics:read')) return null;
  return (
    <section aria-labelledby="alerts" className="border-line border-b">
      <div className="flex items-center justify-between gap-3 px-4 pt-4 pb-2">
        <h2 id="alerts" className="font-semibold text-14">
          Alerts
        </h2>
        <div className="flex flex-wrap items-center gap-2">
          <Button look="quiet" aria-pressed={all} onClick={() => onAll(!all)}>
            {all ? 'Only what is not well now' : 'Also the last 30 days'}
          </Button>
          <MaintenanceMenu />
        </div>
      </div>
      <SilenceList />
      <Loaded
        query={query}
        skeleton={
          <p className="px-4 pb-4">
            <Bone width={30} />
          </p>
        }
      >
        {({ items }) =>
          items.length === 0 ? (
            <p className="flex items-center gap-2 px-4 pb-4 text-13 text-quiet">
              <CircleCheck aria-hidden size={15} className="text-ok" />
              {all ? 'Nobody was told of anything within 30 days.' : 'Nothing to tell you of.'}
            </p>
          ) : (
            <ul>
              {items.map((alert) => (
                <AlertRow key={alert.id} alert={alert} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {query.data !== undefined && query.error !== null ? <ErrorPanel error={query.error} /> : null}
    </section>
  );
}

function lookOfAlert({ state, severity }: AlertLine, isSilenced: boolean) {
  if (state === 'resolved') return { word: 'Over', tone: 'ok', Icon: CircleCheck } as const;
  if (isSilenced) return { word: 'Silenced', tone: 'neutral', Icon: BellOff } as const;
  if (state === 'pending') return { word: 'Watched', tone: 'neutral', Icon: Clock } as const;
  return severity === 'critical'
    ? ({ word: 'Critical', tone: 'bad', Icon: OctagonAlert } as const)
    : ({ word: 'Warning', tone: 'warn', Icon: CircleAlert } as const);
}

function AlertRow({ alert }: { readonly alert: AlertLine }): ReactNode {
  const { kind, subject, text, next, since, state, resolvedAt, silencedUntil, silencedBy } = alert;
  const now = useNow(15_000);
  const isSilenced = silencedUntil !== null && new Date(silencedUntil) > now;
  const { word, tone, Icon } = lookOfAlert(alert, isSilenced);
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 border-line border-t px-4 py-3">
      <span
        className={classNames(
          'inline-flex w-[92px] shrink-0 items-center gap-1 font-medium text-12 leading-5',
          toneText[tone],
        )}
      >
        <Icon aria-hidden size={14} />
        {word}
      </span>
      <div className="min-w-0 flex-1 basis-[260px]">
        <p className="font-medium text-13">
          {sentence(kind)}
          <span className="font-normal text-quiet"> · {subject}</span>
        </p>
        <p className="text-13">
          <WithCode text={text} />
        </p>
        {state === 'resolved' ? null : (
          <p className="text-13 text-quiet">
            <WithCode text={next} />
          </p>
        )}
        <p className="mt-1 text-12 text-quiet">
          since <Time at={since} />
          {state === 'pending' ? ', not long enough yet to tell anybody' : null}
          {resolvedAt === null ? null : (
            <>
              , over <Time at={resolvedAt} />
            </>
          )}
          {silencedUntil === null || !isSilenced ? null : (
            <>
              , silenced until <Time at={silencedUntil} />
              {silencedBy === null ? null : ` by ${silencedBy}`}
            </>
          )}
        </p>
      </div>
      {state === 'resolved' ? null : <AlertActs alert={alert} />}
    </li>
  );
}

function AlertActs({ alert: { id } }: { readonly alert: AlertLine }): ReactNode {
  const { may } = useSession();
  const silence = useAct(silenceAlert);
  const resolve = useAct(resolveAlert);
  const refused = silence.error ?? resolve.error;
  if (!may('alerts:write')) {
    return <p className="text-12 text-quiet">An admin or operator can silence or resolve it.</p>;
  }
  const error = refused === null ? null : toApiError(refused);
  return (
    <div className="flex flex-col items-end gap-1">
      <div className="flex gap-2">
        <SilenceMenu
          word="Silence"
          isBusy={silence.isPending}
          onChoose={(hours) => silence.mutate({ id, hours })}
        />
        <Button
          icon={<Check aria-hidden size={14} />}
          disabled={resolve.isPending}
          title="Say that it is over; it comes back as a new one when it is not"
          onClick={() => resolve.mutate({ id })}
        >
          Resolve
        </Button>
      </div>
      {error === null ? null : (
        <p role="alert" className="text-12 text-bad">
          <WithCode text={error.message} />{' '}
          {error.correlationId === null ? null : <CorrelationId id={error.correlationId} />}
        </p>
      )}
    </div>
  );
}
