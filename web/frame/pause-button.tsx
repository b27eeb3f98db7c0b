import { CirclePause, CirclePlay } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { pauseWork, resumeWork, serviceStatus } from '../../src/operations/service/contract.ts';
import { useAct, useAsk } from '../data/data.tsx';
import { useSession } from '../data/session.tsx';
import { toApiError } from '../data/to-api-error.ts';
import { Button } from '../parts/button.tsx';
import { Dialog, DialogButtons } from '../parts/dialog.tsx';
import { useKeys } from '../parts/keys.tsx';

/** How `service.status` names a pause of everything. */
const everything = 'everything';

/** Pauses everything, after saying what that means, and lifts it again. */
export function PauseButton(): ReactNode {
  const { data } = useAsk(serviceStatus, {}, { everyMs: 30_000 });
  const { may } = useSession();
  const [asking, setAsking] = useState(false);
  const pause = useAct(pauseWork);
  const resume = useAct(resumeWork);
  const isPaused = data?.paused.includes(everything) ?? false;
  const act = isPaused ? resume : pause;
  const mayPause = data !== undefined && may('repo:write');
  const ask = (): void => {
    if (mayPause) setAsking(true);
  };
  useKeys([
    {
      key: 'p',
      does: isPaused ? 'Go on with the work' : 'Pause everything',
      isHidden: !mayPause,
      run: ask,
    },
  ]);
  if (!mayPause) return null;
  const Icon = isPaused ? CirclePlay : CirclePause;
  return (
    <>
      <Button
        look={isPaused ? 'primary' : 'quiet'}
        square={!isPaused}
        icon={<Icon aria-hidden size={16} />}
        aria-label={isPaused ? 'Everything is paused: go on' : 'Pause everything'}
        title={isPaused ? 'Everything is paused: go on' : 'Pause everything'}
        aria-keyshortcuts="p"
        onClick={ask}
      >
        {isPaused ? 'Paused' : null}
      </Button>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={isPaused ? 'Go on with the work?' : 'Pause everything?'}
        about={
          isPaused
            ? 'Approved tasks start again, and work that was finished meanwhile is delivered.'
            : `Nothing new starts and nothing new is written to code hosts. ${data.runsLive === 0 ? 'No agent is at work now.' : `${data.runsLive} at work now end their work; it is delivered when you go on.`} Approvals are still taken.`
        }
      >
        {act.error === null ? null : (
          <p role="alert" className="text-13 text-bad">
            {toApiError(act.error).message}
          </p>
        )}
        <DialogButtons>
          <Button onClick={() => setAsking(false)}>Leave it as it is</Button>
          <Button
            look="primary"
            onClick={() => act.mutate({}, { onSuccess: () => setAsking(false) })}
          >
            {isPaused ? 'Go on' : 'Pause everything'}
          </Button>
        </DialogButtons>
      </Dialog>
    </>
  );
}
