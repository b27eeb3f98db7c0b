import { useNavigate, useRouterState } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { bootstrapUsers } from '../../../src/operations/users/contract.ts';
import { useAfterSignIn } from '../../data/after-sign-in.ts';
import { useAct } from '../../data/data.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { Alone } from '../../frame/alone.tsx';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { FormError } from '../../parts/form-error.tsx';

/** The token stands behind the hash, which no browser sends to a server; it is taken out of the address at once. */
function useToken(): string | null {
  const hash = useRouterState({ select: ({ location }) => location.hash });
  const navigate = useNavigate();
  const [token, setToken] = useState<string | null>(null);
  const given = new URLSearchParams(hash.replace(/^#/u, '')).get('token');
  if (given !== null && given !== token) setToken(given);
  useEffect(() => {
    if (given !== null) void navigate({ to: '.', hash: '', replace: true });
  }, [given, navigate]);
  return given ?? token;
}

export function WelcomePage(): ReactNode {
  const token = useToken();
  if (token !== null) return <FirstAdmin token={token} />;
  return (
    <Alone
      title="Welcome"
      about="The first account is made with the one-time link that the service printed when it started."
    >
      <p className="text-13">Open that link, or make a new one on the machine of the service:</p>
      <pre className="overflow-x-auto rounded-6 border border-line bg-sunken p-3 text-12">
        claude-manager users bootstrap-link
      </pre>
    </Alone>
  );
}

function FirstAdmin({ token }: { readonly token: string }): ReactNode {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [isDifferent, setIsDifferent] = useState(false);
  const act = useAct(bootstrapUsers);
  const after = useAfterSignIn();
  const error = act.error === null ? null : toApiError(act.error);
  const wrong = (field: string): string | null =>
    error?.fields.find((one) => one.field === field)?.message ?? null;
  return (
    <Alone
      title="Welcome"
      about="You are the first here. This account is the administrator; it can make others."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setIsDifferent(password !== again);
          if (password !== again) return;
          act.mutate(
            { token, name: name.trim(), password },
            { onSuccess: () => void after('/inbox') },
          );
        }}
      >
        <TextField
          label="Name"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          value={name}
          error={wrong('name')}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label="Password"
          about="Long is good: a few words in a row."
          type="password"
          autoComplete="new-password"
          value={password}
          error={wrong('password')}
          onChange={(event) => setPassword(event.target.value)}
        />
        <TextField
          label="Password again"
          type="password"
          autoComplete="new-password"
          value={again}
          error={isDifferent ? 'The two passwords differ.' : null}
          onChange={(event) => setAgain(event.target.value)}
        />
        <FormError error={error !== null && error.fields.length === 0 ? error : null} />
        <Button look="primary" type="submit" className="h-9" disabled={act.isPending}>
          Make the account
        </Button>
      </form>
    </Alone>
  );
}
