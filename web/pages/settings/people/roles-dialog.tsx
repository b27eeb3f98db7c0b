import type { ReactNode } from 'react';
import { useState } from 'react';
import type { UserLine } from '../../../../src/operations/users/contract.ts';
import { setUserRoles } from '../../../../src/operations/users/contract.ts';
import { useAct } from '../../../data/data.tsx';
import { toApiError } from '../../../data/to-api-error.ts';
import { Button } from '../../../parts/button.tsx';
import { Dialog, DialogButtons } from '../../../parts/dialog.tsx';
import { FormError } from '../../../parts/form-error.tsx';
import { draftsOf, GrantsField, grantsOf } from './grants-field.tsx';

/** Gives an account exactly these roles. */
export function RolesDialog({
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
      title={`Roles of ${user?.name ?? ''}`}
      about="All sessions of the account end, so that nobody goes on with the rights of before."
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
  const [grants, setGrants] = useState(() => draftsOf(user.roles));
  const act = useAct(setUserRoles);
  const error = act.error === null ? null : toApiError(act.error);
  const said = error?.fields.find(({ field }) => field.startsWith('roles'))?.message ?? null;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        act.mutate({ name: user.name, roles: grantsOf(grants) }, { onSuccess: onClose });
      }}
    >
      <GrantsField grants={grants} error={said} onChange={setGrants} />
      <FormError error={error !== null && said === null ? error : null} />
      <DialogButtons>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" type="submit" disabled={act.isPending}>
          Give these roles
        </Button>
      </DialogButtons>
    </form>
  );
}
