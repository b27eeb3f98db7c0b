import { Link, useParams } from '@tanstack/react-router';
import { OctagonX } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { RunDetail, RunEvent } from '../../../src/operations/runs/contract.ts';
import { cancelRun, showRun } from '../../../src/operations/runs/contract.ts';
import { useAct, useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { Page } from '../../frame/page.tsx';
import { Status } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { classNames } from '../../parts/class-names.ts';
import { Dialog, DialogButtons } from '../../parts/dialog.tsx';
import { counted, formatDuration, formatMoney, repositoryName } from '../../parts/format.ts';
import { CorrelationId, ErrorPanel, Loaded, RowBones, Waiting } from '../../parts/states.tsx';
import { Duration, Time, useNow } from '../../parts/time.tsx';
import { WithCode } from '../../parts/with-code.tsx';
import { EventList } from './event-list.tsx';
import { useRunEvents } from './use-run-events.ts';

export function RunPage(): ReactNode {
  const { id = '' }: { id?: string } = useParams({ strict: false });
  const query = useAsk(showRun, { id });
  return (
    <Page
      title="Run"
      {...(query.data === undefined
        ? {}
        : {
            named: `Run of ${query.data.taskTitle}`,
            about: `${repositoryName(query.data.target)}, attempt ${query.data.attempt}`,
          })}
      fill
    >
      <Loaded query={query} skeleton={<RowBones />}>
        {(run) => <Watched key={run.id} run={run} />}
      </Loaded>
    </Page>
  );
}

function Watched({ run }: { readonly run: RunDetail }): ReactNode {
  const { events, earlier, isReading, error } = useRunEvents(run.id, run.lastSeq);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Head run={run} last={events.at(-1)} />
      {error === null || error === undefined ? null : <ErrorPanel error={error} />}
      {events.length > 0 ? (
        <EventList events={events} earlier={earlier} startedAt={run.startedAt} />
      ) : isReading ? (
        <Waiting>
          <RowBones />
        </Waiting>
      ) : (
        <p className="p-4 text-13 text-quiet">
          {run.live ? 'The agent has said nothing yet.' : 'The agent said nothing.'}
        </p>
      )}
    </div>
  );
}

function Head({
  run,
  last,
}: {
  readonly run: RunDetail;
  readonly last: RunEvent | undefined;
}): ReactNode {
  const { checks } = run;
  return (
    <div className="flex flex-col gap-3 border-line border-b bg-surface px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-13">
        <Status status={run.outcome ?? 'running'} />
        <Link to={`/tasks/${run.taskId}`} className="min-w-0 truncate font-medium hover:underline">
          {run.taskTitle}
        </Link>
        <span className="text-quiet md:hidden">
          {repositoryName(run.target)}, attempt {run.attempt}
        </span>
      </div>
      <div className="flex flex-wrap items-end gap-x-8 gap-y-3">
        <Figure name="Agent">
          {run.agent}
          {run.sandbox === 'none' ? <Of>without a sandbox</Of> : null}
        </Figure>
        <Figure name={run.live ? 'At work for' : 'Lasted'}>
          <Duration from={run.startedAt} to={run.endedAt} />
          <Of>of {run.timeoutMinutes} min</Of>
        </Figure>
        {run.live ? (
          <Figure name="Silent for">
            <Silence
              since={last?.at ?? run.lastEventAt ?? run.startedAt}
              stallMinutes={run.stallMinutes}
            />
          </Figure>
        ) : null}
        <Figure name={run.live ? 'Reserved' : 'Cost'}>
          {run.costUsd === null ? 'not known' : formatMoney(run.costUsd)}
          <Of>of {formatMoney(run.budgetUsd)}</Of>
        </Figure>
        {checks.passed + checks.failed === 0 ? null : (
          <Figure name="Checks">
            <Link
              to={`/tasks/${run.taskId}`}
              search={{ tab: 'checks' }}
              className={classNames('hover:underline', checks.failed > 0 && 'text-bad')}
            >
              {checks.failed > 0
                ? `${checks.failed} failed`
                : counted(checks.passed, 'passed', 'passed')}
            </Link>
          </Figure>
        )}
        <Figure name="Started">
          <Time at={run.startedAt} />
        </Figure>
        <div className="ml-auto flex flex-wrap items-center gap-2">
          <CorrelationId id={run.correlationId} />
          {run.hasPatch ? (
            <Link
              to={`/tasks/${run.taskId}`}
              search={{ tab: 'diff', run: run.id }}
              className="inline-flex h-8 items-center rounded-6 border border-line bg-raised px-3 text-13 font-medium hover:bg-hover"
            >
              See the diff
            </Link>
          ) : null}
          {run.live ? <Cancel run={run} /> : null}
        </div>
      </div>
      {run.summary === null ? null : <p className="text-13">{run.summary}</p>}
    </div>
  );
}

function Figure({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div>
      <p className="text-12 text-quiet">{name}</p>
      <p className="text-14 font-medium">{children}</p>
    </div>
  );
}

function Of({ children }: { readonly children: ReactNode }): ReactNode {
  return <span className="ml-1 text-12 font-normal text-quiet">{children}</span>;
}

/** Near the limit of silence it is a warning: at the limit the agent is stopped. */
function Silence({
  since,
  stallMinutes,
}: {
  readonly since: string;
  readonly stallMinutes: number;
}): ReactNode {
  const now = useNow(1000);
  const ms = now.getTime() - new Date(since).getTime();
  return (
    <>
      <span className={ms > stallMinutes * 30_000 ? 'text-warn' : ''}>{formatDuration(ms)}</span>
      <Of>of {stallMinutes} min</Of>
    </>
  );
}

function Cancel({ run }: { readonly run: RunDetail }): ReactNode {
  const { may } = useSession();
  const [isAsking, setIsAsking] = useState(false);
  const act = useAct(cancelRun);
  if (!may('tasks:write')) return null;
  return (
    <>
      <Button
        look="danger"
        icon={<OctagonX aria-hidden size={15} />}
        onClick={() => setIsAsking(true)}
      >
        Cancel
      </Button>
      <Dialog
        open={isAsking}
        onClose={() => setIsAsking(false)}
        title="Stop this run?"
        about={`${run.agent} is stopped within seconds and the task “${run.taskTitle}” is canceled. What it did so far is kept as a patch and delivered nowhere.`}
      >
        {act.error === null ? null : (
          <p role="alert" className="text-13 text-bad">
            <WithCode text={toApiError(act.error).message} />
          </p>
        )}
        <DialogButtons>
          <Button onClick={() => setIsAsking(false)}>Let it work</Button>
          <Button
            look="destroy"
            disabled={act.isPending}
            onClick={() => act.mutate({ id: run.id }, { onSuccess: () => setIsAsking(false) })}
          >
            Stop and cancel
          </Button>
        </DialogButtons>
      </Dialog>
    </>
  );
}
