import { Ban, Check, GitMerge, RotateCw, Undo2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { withdrawApproval } from '../../../src/operations/approvals/contract.ts';
import type { Permission } from '../../../src/operations/operation.ts';
import type { TaskStory } from '../../../src/operations/tasks/contract.ts';
import {
  approveTask,
  cancelTask,
  mergeTask,
  rejectTask,
  retryTask,
} from '../../../src/operations/tasks/contract.ts';
import { useAct } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { Button } from '../../parts/button.tsx';
import { changedWordsId } from '../../parts/changed-words.tsx';
import { Dialog, DialogButtons } from '../../parts/dialog.tsx';
import { TextArea } from '../../parts/field.tsx';
import { useKeys } from '../../parts/keys.tsx';
import { WithCode } from '../../parts/with-code.tsx';

/** An act on a task: what its button says, and what will happen before it is done. */
interface Act {
  readonly word: string;
  /** Asks for it from the keyboard. */
  readonly key: string;
  readonly icon: typeof Check;
  readonly permission: Permission;
  readonly consequence: string;
  readonly look?: 'primary' | 'danger';
  readonly takesReason?: boolean;
  /** It counts for the words that are shown and no others. */
  readonly bindsWords?: boolean;
  readonly run: (reason: string) => Promise<unknown>;
}

/** What can be done with the task as it stands; each says what will happen and is done after a second click. */
export function TaskActions({
  task,
  isOld,
}: {
  readonly task: TaskStory;
  /** Its words were changed since they were shown, so they cannot be approved. */
  readonly isOld: boolean;
}): ReactNode {
  const acts = useActs(task);
  const { may } = useSession();
  const [asking, setAsking] = useState<Act | null>(null);
  const allowed = acts.filter(({ permission }) => may(permission));
  const isHeld = (act: Act): boolean => isOld && act.bindsWords === true;
  useKeys(
    allowed.map((act) => ({
      key: act.key,
      does: act.word,
      isHidden: isHeld(act),
      run: () => (isHeld(act) ? undefined : setAsking(act)),
    })),
  );
  if (allowed.length === 0) return null;
  return (
    <div className="flex flex-wrap gap-2">
      {allowed.map((act) => (
        <Button
          key={act.word}
          look={act.look ?? 'plain'}
          icon={<act.icon aria-hidden size={15} />}
          hint={act.key}
          aria-keyshortcuts={act.key}
          disabled={isHeld(act)}
          focusableWhenDisabled={isHeld(act)}
          aria-describedby={isHeld(act) ? changedWordsId : undefined}
          onClick={() => setAsking(act)}
        >
          {act.word}
        </Button>
      ))}
      <Dialog
        open={asking !== null}
        onClose={() => setAsking(null)}
        title={asking === null ? '' : `${asking.word}?`}
        about={asking?.consequence}
      >
        {asking === null ? null : <ActForm act={asking} onClose={() => setAsking(null)} />}
      </Dialog>
    </div>
  );
}

function ActForm({ act, onClose }: { readonly act: Act; readonly onClose: () => void }): ReactNode {
  const [reason, setReason] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ReturnType<typeof toApiError> | null>(null);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setIsBusy(true);
        act.run(reason.trim()).then(onClose, (thrown: unknown) => {
          setIsBusy(false);
          setError(toApiError(thrown));
        });
      }}
    >
      {act.takesReason === true ? (
        <TextArea
          label="Reason (optional)"
          rows={3}
          most={2000}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      ) : null}
      {error === null ? null : (
        <p role="alert" className="mt-2 text-13 text-bad">
          <WithCode text={`${error.message} ${error.next ?? ''}`} />
        </p>
      )}
      <DialogButtons>
        <Button onClick={onClose}>Leave it as it is</Button>
        <Button
          look={act.look === 'danger' ? 'destroy' : 'primary'}
          type="submit"
          disabled={isBusy}
        >
          {act.word}
        </Button>
      </DialogButtons>
    </form>
  );
}

/** Whoever goes on says that they have looked at it. */
function leftText({ leftToPerson }: TaskStory): string {
  if (leftToPerson.length === 0) return '';
  return ` The policy leaves this to a person; merge it only when you have looked at it: ${leftToPerson.join('; ')}.`;
}

function useActs(task: TaskStory): readonly Act[] {
  const { id, state, host, agent, contentHash } = task;
  const approve = useAct(approveTask);
  const reject = useAct(rejectTask);
  const cancel = useAct(cancelTask);
  const retry = useAct(retryTask);
  const merge = useAct(mergeTask);
  const withdraw = useAct(withdrawApproval);
  const withReason = (reason: string): object => (reason === '' ? {} : { reason });
  const approving: Act = {
    word: 'Approve',
    key: 'a',
    icon: Check,
    permission: 'tasks:approve',
    look: 'primary',
    bindsWords: true,
    consequence: `${agent} does it exactly as it is written under Evidence, within the limits named there.`,
    run: () => approve.mutateAsync({ id, contentHash }),
  };
  const rejecting: Act = {
    word: 'Reject',
    key: 'r',
    icon: Ban,
    permission: 'tasks:approve',
    look: 'danger',
    takesReason: true,
    consequence:
      'It is not proposed again until its text changes. Its issue is closed as not planned.',
    run: (reason) => reject.mutateAsync({ id, ...withReason(reason) }),
  };
  const canceling: Act = {
    word: 'Cancel',
    key: 'c',
    icon: Ban,
    permission: 'tasks:write',
    look: 'danger',
    takesReason: true,
    consequence:
      state === 'running'
        ? 'The agent is stopped within seconds. What it did so far is kept as a patch and delivered nowhere.'
        : 'Nothing more is done for it. Its issue is closed as not planned.',
    run: (reason) => cancel.mutateAsync({ id, ...withReason(reason) }),
  };
  const retrying: Act = {
    word: state === 'needs_attention' ? 'Go on' : 'Try again',
    key: 't',
    icon: RotateCw,
    permission: 'tasks:write',
    look: 'primary',
    consequence: `A new attempt of ${agent} starts under the approval that stands.`,
    run: () => retry.mutateAsync({ id }),
  };
  switch (state) {
    case 'proposed':
      return [approving, rejecting];
    case 'approved':
      return [
        {
          word: 'Withdraw the approval',
          key: 'w',
          icon: Undo2,
          permission: 'tasks:approve',
          takesReason: true,
          consequence: 'It waits for a decision again.',
          run: (reason) => withdraw.mutateAsync({ id, ...withReason(reason) }),
        },
        canceling,
      ];
    case 'running':
      return [canceling];
    case 'in_review':
      return host === 'local'
        ? [
            {
              word: 'Merge',
              key: 'm',
              icon: GitMerge,
              permission: 'tasks:approve',
              look: 'primary',
              consequence: `Its branch is merged into ${task.baseBranch} of ${task.target}.${leftText(task)}`,
              run: () => merge.mutateAsync({ id, looked: task.leftToPerson.length > 0 }),
            },
            canceling,
          ]
        : [canceling];
    case 'needs_attention':
      return [retrying, rejecting, canceling];
    case 'failed':
      return [retrying, rejecting];
    case 'no_change':
      return [retrying];
    default:
      return [];
  }
}
