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
import { FormError } from '../parts/form-error.tsx';

/** What is typed into the box of the dialog. */
type Typed = 'password' | 'code';

/** The password, a code of the generator or a passkey once more, before an act that cannot be taken back. */
export function ProofDialog({
  onSettle,
}: {
  readonly onSettle: (isProven: boolean) => void;
}): ReactNode {
  const { client } = useData();
  const { data: account } = useAsk(showAccount, {});
  const [chosen, setChosen] = useState<Typed | null>(null);
  const [text, setText] = useState('');
  const [isMissing, setIsMissing] = useState(false);
  const prove = useMutation({
    mutationFn: async (by: Typed | 'passkey') => {
      if (by === 'password') return client.call(proveSession, { password: text });
      if (by === 'code') return client.call(proveSession, { code: text.replaceAll(' ', '') });
      const { challenge, options } = await client.call(passkeyOptions, {});
      const answer = await startAuthentication({ optionsJSON: options as never });
      return client.call(proveSession, { challenge, answer: answer as never });
    },
    onSuccess: () => onSettle(true),
  });
  const boxes = boxesOf(account);
  const typed = chosen ?? boxes[0] ?? null;
  const other = boxes.find((box) => box !== typed);
  const error = prove.error === null ? null : passkeyError(prove.error);
  return (
    <Dialog
      open
      onClose={() => onSettle(false)}
      title="Is it you?"
      about="What you are about to do needs a proof that is not older than five minutes."
    >
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          setIsMissing(text.trim() === '');
          if (typed !== null && text.trim() !== '') prove.mutate(typed);
        }}
      >
        {typed === null ? null : (
          <TextField
            key={typed}
            label={typed === 'password' ? 'Password' : 'Code of your generator'}
            {...(typed === 'password'
              ? { type: 'password', autoComplete: 'current-password' }
              : { mono: true, inputMode: 'numeric', autoComplete: 'one-time-code' })}
            value={text}
            error={isMissing ? `Type the ${typed}.` : null}
            onChange={(event) => setText(event.target.value)}
          />
        )}
        <FormError error={error} />
        {other === undefined ? null : (
          <Button
            look="quiet"
            className="-ml-3 self-start"
            onClick={() => {
              setChosen(other);
              setText('');
              setIsMissing(false);
              prove.reset();
            }}
          >
            {other === 'code' ? 'Use the code generator' : 'Use the password'}
          </Button>
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
          {typed === null ? null : (
            <Button look="primary" type="submit" disabled={prove.isPending}>
              Go on
            </Button>
          )}
        </DialogButtons>
      </form>
    </Dialog>
  );
}

/** What the account can be proven by, apart from passkeys; the password until the account is read. */
function boxesOf(
  account: { readonly hasPassword: boolean; readonly totp: boolean } | undefined,
): readonly Typed[] {
  if (account === undefined) return ['password'];
  return [
    ...(account.hasPassword ? (['password'] as const) : []),
    ...(account.totp ? (['code'] as const) : []),
  ];
}
