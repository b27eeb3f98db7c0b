import type { ReactNode } from 'react';
import { pauseWork, resumeWork, serviceStatus } from '../../src/operations/service/contract.ts';
import { useAct, useAsk } from '../data/data.tsx';
import { useSession } from '../data/session.tsx';
import { toApiError } from '../data/to-api-error.ts';
import { Button } from '../parts/button.tsx';
import { Dialog, DialogButtons } from '../parts/dialog.tsx';
import { useKeys } from '../parts/keys.tsx';
import { WithCode } from '../parts/with-code.tsx';

/** How `service.status` names a pause of everything. */
const everything = 'everything';

/** Whether everything is paused, what is at work now, and whether the person may change it. */
export function usePause(): {
  readonly isPaused: boolean;
  readonly runsLive: number;
  readonly mayPause: boolean;
} {
  const { data } = useAsk(serviceStatus, {}, { everyMs: 30_000 });
  const { may } = useSession();
  return {
    isPaused: data?.paused.includes(everything) ?? false,
    runsLive: data?.runsLive ?? 0,
    mayPause: data !== undefined && may('repo:write'),
  };
}

/**
 * Pauses everything, after saying what that means, and lifts it again. It stands in the frame: a page that gives way to the
 * next one does not take it along.
 */
export function PauseDialog({
  open,
  onOpen,
  onClose,
}: {
  readonly open: boolean;
  readonly onOpen: () => void;
  readonly onClose: () => void;
}): ReactNode {
  const { isPaused, runsLive, mayPause } = usePause();
  const pause = useAct(pauseWork);
  const resume = useAct(resumeWork);
  const act = isPaused ? resume : pause;
  useKeys([
    {
      key: 'p',
      does: isPaused ? 'Go on with the work' : 'Pause everything',
      isHidden: !mayPause,
      run: () => {
        if (mayPause) onOpen();
      },
    },
  ]);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={isPaused ? 'Go on with the work?' : 'Pause everything?'}
      about={
        isPaused
          ? 'Approved tasks start again, and work that was finished meanwhile is delivered.'
          : `Nothing new starts and nothing new is written to code hosts. ${runsLive === 0 ? 'No agent is at work now.' : `${runsLive} at work now end their work; it is delivered when you go on.`} Approvals are still taken.`
      }
    >
      {act.error === null ? null : (
        <p role="alert" className="text-13 text-bad">
          <WithCode text={toApiError(act.error).message} />
        </p>
      )}
      <DialogButtons>
        <Button onClick={onClose}>Leave it as it is</Button>
        <Button look="primary" onClick={() => act.mutate({}, { onSuccess: onClose })}>
          {isPaused ? 'Go on' : 'Pause everything'}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
