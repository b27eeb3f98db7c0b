import type { ReactNode } from 'react';
import { useState } from 'react';
import { Button } from '../../parts/button.tsx';
import { Dialog, DialogButtons } from '../../parts/dialog.tsx';
import { Checkbox, TextArea } from '../../parts/field.tsx';
import { counted, repositoryName } from '../../parts/format.ts';
import { kindWord } from '../../parts/words.ts';

interface Rejected {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly target: string;
}

/** Asks why not, and whether this kind of work is unwanted here altogether. */
export function RejectDialog({
  tasks,
  onClose,
  onReject,
}: {
  /** Empty: closed. */
  readonly tasks: readonly Rejected[];
  readonly onClose: () => void;
  readonly onReject: (reason: string, neverAgain: boolean) => void;
}): ReactNode {
  const [first] = tasks;
  const kinds = new Set(
    tasks.map(({ kind, target }) => `${kindWord(kind)} in ${repositoryName(target)}`),
  );
  return (
    <Dialog
      open={first !== undefined}
      onClose={onClose}
      title={
        tasks.length > 1 ? `Reject ${counted(tasks.length, 'proposal')}?` : 'Reject this proposal?'
      }
      about={
        tasks.length > 1
          ? 'They are not proposed again until their text changes.'
          : `“${first?.title ?? ''}” is not proposed again until its text changes.`
      }
    >
      <RejectForm kinds={[...kinds]} onClose={onClose} onReject={onReject} />
    </Dialog>
  );
}

function RejectForm({
  kinds,
  onClose,
  onReject,
}: {
  readonly kinds: readonly string[];
  readonly onClose: () => void;
  readonly onReject: (reason: string, neverAgain: boolean) => void;
}): ReactNode {
  const [reason, setReason] = useState('');
  const [neverAgain, setNeverAgain] = useState(false);
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        onReject(reason.trim(), neverAgain);
      }}
    >
      <TextArea
        label="Reason (optional)"
        about="Stands in the task’s story and in its issue. Ctrl Enter rejects."
        rows={3}
        most={2000}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            onReject(reason.trim(), neverAgain);
          }
        }}
      />
      <Checkbox
        label="Never again for this kind here"
        about={`Nothing of this kind is proposed any more: ${kinds.join(', ')}. It can be lifted on the repository’s page.`}
        checked={neverAgain}
        onChange={(event) => setNeverAgain(event.target.checked)}
      />
      <DialogButtons>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="destroy" type="submit">
          Reject
        </Button>
      </DialogButtons>
    </form>
  );
}
