import { CirclePause, CirclePlay } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { RepositoryLine } from '../../../src/operations/repositories/contract.ts';
import { pauseWork, resumeWork } from '../../../src/operations/service/contract.ts';
import { useAct } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog, DialogButtons } from '../../parts/dialog.tsx';
import { counted, repositoryName } from '../../parts/format.ts';
import { WithCode } from '../../parts/with-code.tsx';

/** Pauses one repository, after saying what that means, and lifts it again. */
export function PauseRepository({
  line: { name, state, pausedBecause, runsLive },
}: {
  readonly line: Pick<RepositoryLine, 'name' | 'state' | 'pausedBecause' | 'runsLive'>;
}): ReactNode {
  const { may } = useSession();
  const [isAsking, setIsAsking] = useState(false);
  const pause = useAct(pauseWork);
  const resume = useAct(resumeWork);
  const isPaused = state === 'paused';
  const act = isPaused ? resume : pause;
  const close = (): void => setIsAsking(false);
  if (!may('repo:write')) return null;
  if (pausedBecause === 'policy' || pausedBecause === 'everything') {
    return (
      <span className="text-12 text-quiet">
        {pausedBecause === 'policy' ? 'by its policy' : 'as everything is'}
      </span>
    );
  }
  return (
    <>
      <Button
        look="quiet"
        square
        icon={
          isPaused ? <CirclePlay aria-hidden size={16} /> : <CirclePause aria-hidden size={16} />
        }
        aria-label={`${isPaused ? 'Lift the pause of' : 'Pause'} ${repositoryName(name)}`}
        title={isPaused ? 'Lift the pause' : 'Pause'}
        onClick={() => setIsAsking(true)}
      />
      <Dialog
        open={isAsking}
        onClose={close}
        title={`${isPaused ? 'Go on with' : 'Pause'} ${repositoryName(name)}?`}
        about={
          isPaused
            ? 'Its approved tasks start again, and work that was finished meanwhile is delivered.'
            : `Nothing new is proposed, started or delivered there. ${runsLive === 0 ? 'No agent is at work there now.' : `${counted(runsLive, 'run')} at work there will end; the work is delivered when you go on.`} Approvals are still taken.`
        }
      >
        {act.error === null ? null : (
          <p role="alert" className="text-13 text-bad">
            <WithCode text={toApiError(act.error).message} />
          </p>
        )}
        <DialogButtons>
          <Button onClick={close}>Leave it as it is</Button>
          <Button
            look="primary"
            disabled={act.isPending}
            onClick={() => act.mutate({ repo: name }, { onSuccess: close })}
          >
            {isPaused ? 'Go on' : 'Pause'}
          </Button>
        </DialogButtons>
      </Dialog>
    </>
  );
}
