import type { ReactNode } from 'react';
import { useState } from 'react';
import { editTask } from '../../../src/operations/approvals/contract.ts';
import type { TaskStory } from '../../../src/operations/tasks/contract.ts';
import { useAct } from '../../data/data.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog, DialogButtons } from '../../parts/dialog.tsx';
import { TextArea, TextField } from '../../parts/field.tsx';
import { WithCode } from '../../parts/with-code.tsx';

/** Changes the words of a proposal before anybody approves it; the issue changes with them. */
export function EditDialog({
  task,
  open,
  onClose,
  onSaved,
}: {
  readonly task: TaskStory;
  readonly open: boolean;
  readonly onClose: () => void;
  /** With the hash of the words as they were saved. */
  readonly onSaved: (contentHash: string) => void;
}): ReactNode {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      wide
      title="Edit the proposal"
      about="The agent is given these words and no others. The issue is changed as well."
    >
      <EditForm task={task} onClose={onClose} onSaved={onSaved} />
    </Dialog>
  );
}

function EditForm({
  task,
  onClose,
  onSaved,
}: {
  readonly task: TaskStory;
  readonly onClose: () => void;
  readonly onSaved: (contentHash: string) => void;
}): ReactNode {
  const [title, setTitle] = useState(task.title);
  const [body, setBody] = useState(task.body);
  const edit = useAct(editTask);
  const error = edit.error === null ? null : toApiError(edit.error);
  const wrong = (field: string): string | null =>
    error?.fields.find((one) => one.field === field)?.message ?? null;
  const isElsewhere = error !== null && wrong('title') === null && wrong('body') === null;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        edit.mutate(
          { id: task.id, version: task.version, title, body },
          {
            onSuccess: ({ contentHash }) => {
              onSaved(contentHash);
              onClose();
            },
          },
        );
      }}
    >
      <TextField
        label="Title"
        value={title}
        most={256}
        error={wrong('title')}
        onChange={(event) => setTitle(event.target.value)}
      />
      <TextArea
        label="What is to be done"
        about="Markdown"
        mono
        rows={14}
        value={body}
        error={wrong('body')}
        onChange={(event) => setBody(event.target.value)}
      />
      {isElsewhere ? (
        <p role="alert" className="text-13 text-bad">
          <WithCode text={`${error.message} ${error.next ?? ''}`} />
        </p>
      ) : null}
      <DialogButtons>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" type="submit" disabled={edit.isPending}>
          {edit.isPending ? 'Saving' : 'Save'}
        </Button>
      </DialogButtons>
    </form>
  );
}
