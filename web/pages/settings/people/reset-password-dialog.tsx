import type { ReactNode } from 'react';
import { useState } from 'react';
import type { UserLine } from '../../../../src/operations/users/contract.ts';
import { resetPassword } from '../../../../src/operations/users/contract.ts';
import { useAct } from '../../../data/data.tsx';
import { toApiError } from '../../../data/to-api-error.ts';
import { Button } from '../../../parts/button.tsx';
import { Dialog, DialogButtons } from '../../../parts/dialog.tsx';
import { Checkbox, TextField } from '../../../parts/field.tsx';
import { FormError } from '../../../parts/form-error.tsx';

/** For somebody who cannot sign in any more. */
export function ResetPasswordDialog({
  user,
  onClose,
}: {
  readonly user: UserLine | null;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <Dialog
      open={user !== null}
      onClose={onClose}
      title={`New password for ${user?.name ?? ''}`}
      about="All sessions of the account end, and the password must be changed at the next sign-in."
    >
      {user === null ? null : <Form user={user} onClose={onClose} />}
    </Dialog>
  );
}

function Form({
  user,
  onClose,
}: {
  readonly user: UserLine;
  readonly onClose: () => void;
}): ReactNode {
  const [password, setPassword] = useState('');
  const [removeSecondFactor, setRemoveSecondFactor] = useState(false);
  const [isTried, setIsTried] = useState(false);
  const act = useAct(resetPassword);
  const error = act.error === null ? null : toApiError(act.error);
  const said = error?.fields.find(({ field }) => field === 'password')?.message ?? null;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setIsTried(true);
        if (password === '') return;
        act.mutate({ name: user.name, password, removeSecondFactor }, { onSuccess: onClose });
      }}
    >
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        value={password}
        error={isTried && password === '' ? 'Give a password.' : said}
        onChange={({ target }) => setPassword(target.value)}
      />
      <Checkbox
        label="Take the second factor away as well"
        about="Code generator, passkeys and recovery codes are gone: for somebody who lost them."
        checked={removeSecondFactor}
        onChange={({ target }) => setRemoveSecondFactor(target.checked)}
      />
      <FormError error={error !== null && said === null ? error : null} />
      <DialogButtons>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" type="submit" disabled={act.isPending}>
          Give it
        </Button>
      </DialogButtons>
    </form>
  );
}
