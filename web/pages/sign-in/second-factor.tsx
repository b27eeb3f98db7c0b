import { KeyRound } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { SignedIn } from '../../../src/operations/sessions/contract.ts';
import { verifySecondFactor } from '../../../src/operations/sessions/contract.ts';
import { useAct } from '../../data/data.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { Alone } from '../../frame/alone.tsx';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { FormError } from '../../parts/form-error.tsx';
import { usePasskeySignIn } from './use-passkey-sign-in.ts';

/** The second factor of a sign-in: the code of a generator, a recovery code, or a passkey. */
export function SecondFactor({
  factors,
  onSignedIn,
  onBack,
}: {
  readonly factors: SignedIn['factors'];
  readonly onSignedIn: () => void;
  readonly onBack: () => void;
}): ReactNode {
  const [isRecovery, setIsRecovery] = useState(!factors.includes('totp'));
  const [code, setCode] = useState('');
  const [isMissing, setIsMissing] = useState(false);
  const act = useAct(verifySecondFactor);
  const passkey = usePasskeySignIn(onSignedIn);
  const error = act.error === null ? null : toApiError(act.error);
  const hasCodes = factors.includes('totp') || factors.includes('recovery');
  return (
    <Alone
      title="Second factor"
      about={
        isRecovery
          ? 'Type one of your recovery codes; each works once.'
          : 'Type the six digits that your code generator shows.'
      }
    >
      {hasCodes ? (
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            const given = code.replaceAll(' ', '');
            setIsMissing(given === '');
            if (given === '') return;
            act.mutate(isRecovery ? { recoveryCode: given } : { code: given }, {
              onSuccess: onSignedIn,
            });
          }}
        >
          <TextField
            label={isRecovery ? 'Recovery code' : 'Code'}
            mono
            // The person came here to type it.
            // oxlint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
            inputMode={isRecovery ? 'text' : 'numeric'}
            autoComplete="one-time-code"
            value={code}
            error={isMissing ? 'Type the code.' : null}
            onChange={(event) => setCode(event.target.value)}
          />
          <FormError error={error ?? passkey.error} />
          <Button look="primary" type="submit" className="h-9" disabled={act.isPending}>
            Go on
          </Button>
        </form>
      ) : null}
      {factors.includes('passkey') ? (
        <Button
          className="h-9"
          icon={<KeyRound aria-hidden size={15} />}
          disabled={passkey.isPending}
          onClick={passkey.start}
        >
          Use a passkey
        </Button>
      ) : null}
      <div className="flex flex-wrap justify-between gap-2">
        {factors.includes('totp') && factors.includes('recovery') ? (
          <Button look="quiet" onClick={() => setIsRecovery((is) => !is)}>
            {isRecovery ? 'Use the code generator' : 'Use a recovery code'}
          </Button>
        ) : null}
        <Button look="quiet" onClick={onBack}>
          Sign in as somebody else
        </Button>
      </div>
    </Alone>
  );
}
