import { KeyRound } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { SignedIn } from '../../../src/operations/sessions/contract.ts';
import { signIn } from '../../../src/operations/sessions/contract.ts';
import { useAfterSignIn } from '../../data/after-sign-in.ts';
import { useAct } from '../../data/data.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { Alone } from '../../frame/alone.tsx';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { FormError } from '../../parts/form-error.tsx';
import { usePageSearch } from '../../parts/page-search.ts';
import { signInSearch } from './search.ts';
import { SecondFactor } from './second-factor.tsx';
import { usePasskeySignIn } from './use-passkey-sign-in.ts';

export function SignInPage(): ReactNode {
  const [{ next }] = usePageSearch(signInSearch);
  const [waiting, setWaiting] = useState<SignedIn | null>(null);
  const after = useAfterSignIn();
  const onSignedIn = (answer: SignedIn): void => {
    if (answer.secondFactorNeeded) setWaiting(answer);
    else void after(next);
  };
  return waiting === null ? (
    <FirstFactor onSignedIn={onSignedIn} />
  ) : (
    <SecondFactor
      factors={waiting.factors}
      onSignedIn={() => void after(next)}
      onBack={() => setWaiting(null)}
    />
  );
}

function FirstFactor({
  onSignedIn,
}: {
  readonly onSignedIn: (answer: SignedIn) => void;
}): ReactNode {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState<'user' | 'password' | null>(null);
  const act = useAct(signIn);
  const passkey = usePasskeySignIn(onSignedIn);
  const error = act.error === null ? null : toApiError(act.error);
  return (
    <Alone title="Sign in">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const first = user.trim() === '' ? 'user' : password === '' ? 'password' : null;
          setMissing(first);
          if (first === null)
            act.mutate({ user: user.trim(), password }, { onSuccess: onSignedIn });
        }}
      >
        <TextField
          label="Name"
          autoComplete="username webauthn"
          autoCapitalize="none"
          spellCheck={false}
          value={user}
          error={missing === 'user' ? 'Type your name.' : null}
          onChange={(event) => setUser(event.target.value)}
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="current-password"
          value={password}
          error={missing === 'password' ? 'Type your password.' : null}
          onChange={(event) => setPassword(event.target.value)}
        />
        <FormError error={error ?? passkey.error} />
        <Button look="primary" type="submit" className="h-9" disabled={act.isPending}>
          {act.isPending ? 'Signing in' : 'Sign in'}
        </Button>
      </form>
      <Button
        className="h-9"
        icon={<KeyRound aria-hidden size={15} />}
        disabled={passkey.isPending}
        onClick={passkey.start}
      >
        Sign in with a passkey
      </Button>
      <p className="text-12 text-quiet">
        Forgotten? An admin can set a new password with <code>claude-manager users</code>.
      </p>
    </Alone>
  );
}
