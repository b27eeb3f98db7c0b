import type { ReactNode } from 'react';
import { useState } from 'react';
import { setCredential } from '../../../src/operations/credentials/contract.ts';
import { useAct } from '../../data/data.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog, DialogButtons } from '../../parts/dialog.tsx';
import { TextArea, TextField } from '../../parts/field.tsx';
import { FormError } from '../../parts/form-error.tsx';

/** Stores a secret; what is typed goes to the service and is shown nowhere again. */
export function CredentialDialog({
  name,
  onClose,
}: {
  /** Null: closed; empty: a new one. */
  readonly name: string | null;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <Dialog
      open={name !== null}
      onClose={onClose}
      title={name === '' || name === null ? 'Store a credential' : `Give ${name} a new value`}
      about="It is encrypted before it is kept, and no page shows it again."
    >
      {name === null ? null : <Form given={name} onClose={onClose} />}
    </Dialog>
  );
}

function Form({
  given,
  onClose,
}: {
  readonly given: string;
  readonly onClose: () => void;
}): ReactNode {
  const [name, setName] = useState(given);
  const [value, setValue] = useState('');
  const [until, setUntil] = useState('');
  const [isTried, setIsTried] = useState(false);
  const act = useAct(setCredential);
  const error = act.error === null ? null : toApiError(act.error);
  const said = (field: string): string | null =>
    error?.fields.find((one) => one.field === field)?.message ?? null;
  const isName = /^[A-Z][A-Z0-9_]{0,99}$/u.test(name);
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setIsTried(true);
        if (!isName || value === '') return;
        const expiresAt = until === '' ? null : new Date(`${until}T00:00:00`).toISOString();
        act.mutate({ name, value, expiresAt }, { onSuccess: onClose });
      }}
    >
      {given === '' ? (
        <TextField
          label="Name"
          about="As the environment would name it: GITHUB_TOKEN, ANTHROPIC_API_KEY."
          mono
          autoComplete="off"
          value={name}
          error={
            isTried && !isName
              ? 'Capital letters, digits and _, beginning with a letter.'
              : said('name')
          }
          onChange={(event) => setName(event.target.value.trim())}
        />
      ) : null}
      <TextArea
        label="Value"
        mono
        rows={3}
        autoComplete="off"
        spellCheck={false}
        value={value}
        error={isTried && value === '' ? 'Type or paste the secret.' : said('value')}
        onChange={(event) => setValue(event.target.value)}
      />
      <TextField
        label="Expires on (optional)"
        about="It is not given out from that day on; you are told two weeks before."
        type="date"
        value={until}
        error={said('expiresAt')}
        onChange={(event) => setUntil(event.target.value)}
      />
      <FormError error={error !== null && error.fields.length === 0 ? error : null} />
      <DialogButtons>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" type="submit" disabled={act.isPending}>
          Store it
        </Button>
      </DialogButtons>
    </form>
  );
}
