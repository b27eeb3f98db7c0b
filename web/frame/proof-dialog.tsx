import { startAuthentication } from '@simplewebauthn/browser';
import { useMutation } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { showAccount } from '../../src/operations/account/contract.ts';
import { passkeyOptions, proveSession } from '../../src/operations/sessions/contract.ts';
import { useAsk, useData } from '../data/data.tsx';
import { passkeyError } from '../data/passkey-error.ts';
import { Button } from '../parts/button.tsx';
import { Dialog, DialogButtons } from '../parts/dialog.tsx';
import { TextField } from '../parts/field.tsx';

/** The password or a passkey once more, before an act that cannot be taken back. */
export function ProofDialog({
  onSettle,
}: {
  readonly onSettle: (isProven: boolean) => void;
}): ReactNode {
  const { client } = useData();
  const { data: account } = useAsk(showAccount, {});
  const [password, setPassword] = useState('');
  const prove = useMutation({
    mutationFn: async (by: 'password' | 'passkey') => {
      if (by === 'password') return client.call(proveSession, { password });
      const { challenge, options } = await client.call(passkeyOptions, {});
      const answer = await startAuthentication({ optionsJSON: options as never });
      return client.call(proveSession, { challenge, answer: answer as never });
    },
    onSuccess: () => onSettle(true),
  });
  const hasPassword = account?.hasPassword ?? true;
  const error = prove.error === null ? null : passkeyError(prove.error);
  return (
    <Dialog
      open
      onClose={() => onSettle(false)}
      title="Is it you?"
      about="What you are about to do needs a proof that is not older than ten minutes."
    >
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          prove.mutate('password');
        }}
      >
        {hasPassword ? (
          <TextField
            label="Password"
            type="password"
            autoComplete="current-password"
            value={password}
            error={error === null ? null : `${error.message} ${error.next ?? ''}`}
            onChange={(event) => setPassword(event.target.value)}
          />
        ) : error === null ? null : (
          <p role="alert" className="text-13 text-bad">
            {error.message}
          </p>
        )}
        <DialogButtons>
          {account !== undefined && account.passkeys.length > 0 ? (
            <Button
              icon={<KeyRound aria-hidden size={14} />}
              disabled={prove.isPending}
              onClick={() => prove.mutate('passkey')}
            >
              Use a passkey
            </Button>
          ) : null}
          <Button onClick={() => onSettle(false)}>Cancel</Button>
          {hasPassword ? (
            <Button look="primary" type="submit" disabled={prove.isPending}>
              Go on
            </Button>
          ) : null}
        </DialogButtons>
      </form>
    </Dialog>
  );
}
