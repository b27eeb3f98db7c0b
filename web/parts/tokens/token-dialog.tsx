import type { ReactNode } from 'react';
import { useState } from 'react';
import { showAccount } from '../../../src/operations/account/contract.ts';
import { createToken } from '../../../src/operations/tokens/contract.ts';
import { useAct, useAsk } from '../../data/data.tsx';
import { toApiError } from '../../data/to-api-error.ts';

import { Button } from '../button.tsx';
import { CopyButton } from '../copy-button.tsx';
import { Dialog, DialogButtons } from '../dialog.tsx';
import { Checkbox, TextField } from '../field.tsx';
import { FormError } from '../form-error.tsx';

/** Makes a token with some of one's own permissions, and shows its secret this one time. */
export function TokenDialog({
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
      title="Make an API token"
      about="It can do what you choose of your own permissions, until the day it ends."
    >
      {open ? <Making onClose={onClose} /> : null}
    </Dialog>
  );
}

function Making({ onClose }: { readonly onClose: () => void }): ReactNode {
  const act = useAct(createToken);
  if (act.data !== undefined)
    return <Secret name={act.data.token.name} secret={act.data.secret} onClose={onClose} />;
  return <Form act={act} onClose={onClose} />;
}

/** What most tokens are made for. */
const reading = ['tasks:read', 'repo:read', 'health:read', 'metrics:read'];

function Form({
  act,
  onClose,
}: {
  readonly act: ReturnType<typeof useAct<typeof createToken>>;
  readonly onClose: () => void;
}): ReactNode {
  const { data: account } = useAsk(showAccount, {});
  const held = (account?.permissions ?? []).filter((one) => one !== 'account:enroll').toSorted();
  const [name, setName] = useState('');
  const [days, setDays] = useState('90');
  const [scopes, setScopes] = useState<readonly string[]>(reading);
  const [isTried, setIsTried] = useState(false);
  const error = act.error === null ? null : toApiError(act.error);
  const expiresInDays = Number(days);
  const isDays = Number.isInteger(expiresInDays) && expiresInDays >= 1 && expiresInDays <= 365;
  const chosen = scopes.filter((scope) => held.includes(scope));
  const said = (field: string): string | null =>
    error?.fields.find((one) => one.field === field)?.message ?? null;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setIsTried(true);
        if (name.trim() === '' || !isDays || chosen.length === 0) return;
        act.mutate({ name: name.trim(), scopes: [...chosen], expiresInDays });
      }}
    >
      <TextField
        label="Name"
        about="What it is for; logs and the audit log name it so."
        most={100}
        autoComplete="off"
        value={name}
        error={isTried && name.trim() === '' ? 'Give it a name.' : said('name')}
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label="Days until it ends"
        inputMode="numeric"
        value={days}
        error={isTried && !isDays ? 'A whole number from 1 to 365.' : said('expiresInDays')}
        onChange={(event) => setDays(event.target.value)}
      />
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-2 font-medium text-13">It may</legend>
        <div className="grid grid-cols-1 gap-x-4 gap-y-1 sm:grid-cols-2">
          {held.map((permission) => (
            <Checkbox
              key={permission}
              label={<code className="text-12">{permission}</code>}
              checked={scopes.includes(permission)}
              onChange={({ target }) =>
                setScopes((now) =>
                  target.checked ? [...now, permission] : now.filter((one) => one !== permission),
                )
              }
            />
          ))}
        </div>
        {isTried && chosen.length === 0 ? (
          <p role="alert" className="text-12 text-bad">
            Choose at least one.
          </p>
        ) : null}
      </fieldset>
      <FormError error={error !== null && error.fields.length === 0 ? error : null} />
      <DialogButtons>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" type="submit" disabled={act.isPending}>
          Make it
        </Button>
      </DialogButtons>
    </form>
  );
}

function Secret({
  name,
  secret,
  onClose,
}: {
  readonly name: string;
  readonly secret: string;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <div className="flex flex-col gap-3" role="status">
      <p className="text-13">
        This is the secret of “{name}”. Take it now: it cannot be shown again.
      </p>
      <code className="break-all rounded-6 border border-line bg-sunken p-3 text-13">{secret}</code>
      <DialogButtons>
        <CopyButton text={secret} what="the secret" />
        <Button look="primary" onClick={onClose}>
          I have it
        </Button>
      </DialogButtons>
    </div>
  );
}
