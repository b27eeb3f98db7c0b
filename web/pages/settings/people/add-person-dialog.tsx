import type { ReactNode } from 'react';
import { useState } from 'react';
import { createUser } from '../../../../src/operations/users/contract.ts';
import { useAct } from '../../../data/data.tsx';
import { toApiError } from '../../../data/to-api-error.ts';
import { Button } from '../../../parts/button.tsx';
import { Dialog, DialogButtons } from '../../../parts/dialog.tsx';
import { TextField } from '../../../parts/field.tsx';
import { FormError } from '../../../parts/form-error.tsx';
import type { GrantDraft } from './grants-field.tsx';
import { GrantsField, grantsOf } from './grants-field.tsx';

/** Makes an account; its first password is changed at the first sign-in. */
export function AddPersonDialog({
  open,
  onClose,
}: {
  readonly open: boolean;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Add a person"
      about="Tell them the password yourself; they must choose their own at the first sign-in."
    >
      {open ? <Form onClose={onClose} /> : null}
    </Dialog>
  );
}

function Form({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [grants, setGrants] = useState<readonly GrantDraft[]>([{ role: 'viewer', where: '' }]);
  const [isTried, setIsTried] = useState(false);
  const act = useAct(createUser);
  const error = act.error === null ? null : toApiError(act.error);
  const said = (field: string): string | null =>
    error?.fields.find((one) => one.field.startsWith(field))?.message ?? null;
  const isSaid = ['name', 'password', 'roles'].some((field) => said(field) !== null);
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setIsTried(true);
        if (name.trim() === '' || password === '' || grants.length === 0) return;
        act.mutate(
          { name: name.trim(), password, roles: grantsOf(grants) },
          { onSuccess: onClose },
        );
      }}
    >
      <TextField
        label="Name"
        autoComplete="off"
        most={64}
        value={name}
        error={isTried && name.trim() === '' ? 'Give the name to sign in with.' : said('name')}
        onChange={({ target }) => setName(target.value)}
      />
      <TextField
        label="First password"
        type="password"
        autoComplete="new-password"
        value={password}
        error={isTried && password === '' ? 'Give a first password.' : said('password')}
        onChange={({ target }) => setPassword(target.value)}
      />
      <GrantsField
        grants={grants}
        error={isTried && grants.length === 0 ? 'Give at least one role.' : said('roles')}
        onChange={setGrants}
      />
      <FormError error={error !== null && !isSaid ? error : null} />
      <DialogButtons>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" type="submit" disabled={act.isPending}>
          Make the account
        </Button>
      </DialogButtons>
    </form>
  );
}
