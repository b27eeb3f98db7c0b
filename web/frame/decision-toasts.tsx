import { Link } from '@tanstack/react-router';
import { CircleAlert, Undo2, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSyncExternalStore } from 'react';
import { useData } from '../data/data.tsx';
import type { FailedDecision, PendingDecision } from '../data/decisions.ts';
import { Button } from '../parts/button.tsx';
import { counted } from '../parts/format.ts';
import { useKeys } from '../parts/keys.tsx';
import { CorrelationId } from '../parts/states.tsx';
import { useNow } from '../parts/time.tsx';
import { WithCode } from '../parts/with-code.tsx';
import { StaleBanner } from './stale-banner.tsx';

/** What was decided and has not left yet, with a way back; and what the service refused. */
export function DecisionToasts(): ReactNode {
  const { decisions } = useData();
  const { pending, failed } = useSyncExternalStore(decisions.subscribe, decisions.state);
  const last = pending.at(-1);
  useKeys([
    {
      key: 'z',
      does: 'Undo the last decision, within ten seconds',
      isHidden: last === undefined,
      run: () => {
        if (last !== undefined) decisions.undo(last.id);
      },
    },
  ]);
  return (
    <section
      aria-label="Notices"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-2 bottom-16 z-40 flex flex-col items-center gap-2 sm:inset-x-auto sm:right-4 sm:bottom-4 sm:w-[380px]"
    >
      <StaleBanner />
      {failed.map((one) => (
        <Failed key={one.id} decision={one} onForget={() => decisions.forgetFailure(one.id)} />
      ))}
      {pending.map((one) => (
        <Pending key={one.id} decision={one} onUndo={() => decisions.undo(one.id)} />
      ))}
    </section>
  );
}

const toast =
  'appear pointer-events-auto flex w-full items-center gap-3 rounded-6 border border-line bg-raised py-2 pr-2 pl-4 shadow-float';

function Pending({
  decision,
  onUndo,
}: {
  readonly decision: PendingDecision;
  readonly onUndo: () => void;
}): ReactNode {
  const now = useNow(500);
  const seconds = Math.max(0, Math.ceil((decision.leavesAt - now.getTime()) / 1000));
  return (
    <div className={toast}>
      <p className="min-w-0 flex-1 truncate text-13">{wordsOf(decision)}</p>
      {seconds === 0 ? (
        <span className="px-2 text-13 text-quiet">sending</span>
      ) : (
        <Button icon={<Undo2 aria-hidden size={14} />} hint="z" onClick={onUndo}>
          Undo <span aria-hidden>{seconds} s</span>
        </Button>
      )}
    </div>
  );
}

/** What was refused, each with its reason; what is not named here is done. */
function Failed({
  decision,
  onForget,
}: {
  readonly decision: FailedDecision;
  readonly onForget: () => void;
}): ReactNode {
  const { word, subjects, refused } = decision;
  const lower = word.charAt(0).toLowerCase() + word.slice(1);
  const [only] = refused;
  const others = subjects.length - refused.length;
  const isSingle = subjects.length === 1 && only !== undefined;
  return (
    <div role="alert" className={toast}>
      <CircleAlert aria-hidden size={16} className="mt-[3px] shrink-0 self-start text-bad" />
      <div className="max-h-[40dvh] min-w-0 flex-1 overflow-y-auto text-13">
        {isSingle ? (
          <Refusal refused={only} before={`Not ${lower}: `} />
        ) : (
          <>
            <p className="font-medium">
              {refused.length === subjects.length
                ? `None of ${counted(subjects.length, 'proposal')} ${lower}`
                : `${refused.length} of ${subjects.length} not ${lower}; ${others === 1 ? 'the other is' : `the other ${others} are`}`}
            </p>
            <ul className="mt-2 flex flex-col gap-2">
              {refused.map((one) => (
                <li key={one.subject.id} className="border-line border-t pt-2">
                  <Refusal refused={one} before="" />
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
      <Button look="quiet" square aria-label="Close" className="self-start" onClick={onForget}>
        <X aria-hidden size={14} />
      </Button>
    </div>
  );
}

function Refusal({
  refused: { subject, message, next, correlationId },
  before,
}: {
  readonly refused: FailedDecision['refused'][number];
  readonly before: string;
}): ReactNode {
  return (
    <>
      <p className="font-medium">
        {before}
        <Link to="/inbox" search={{ task: subject.id }} className="text-accent underline">
          {subject.title}
        </Link>
      </p>
      <p>
        <WithCode text={message} />
      </p>
      {next === null ? null : (
        <p className="text-quiet">
          <WithCode text={next} />
        </p>
      )}
      {correlationId === null ? null : <CorrelationId id={correlationId} />}
    </>
  );
}

function wordsOf({ word, subjects }: PendingDecision): string {
  const [only] = subjects;
  return `${word}: ${subjects.length === 1 ? only?.title : counted(subjects.length, 'proposal')}`;
}
