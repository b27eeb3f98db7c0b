import { Navigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { changePassword, showAccount } from '../../../src/operations/account/contract.ts';
import { useAfterSignIn } from '../../data/after-sign-in.ts';
import { useAct, useAsk } from '../../data/data.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { Alone } from '../../frame/alone.tsx';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { FormError } from '../../parts/form-error.tsx';
import { usePageSearch } from '../../parts/page-search.ts';
import { ErrorPanel } from '../../parts/states.tsx';
import { EnrollSecondFactor } from './enroll-second-factor.tsx';
import { putInOrderSearch } from './search.ts';

/** One step after the other until nothing is owed. */
export function PutInOrderPage(): ReactNode {
  const [{ next }] = usePageSearch(putInOrderSearch);
  const [isShowingCodes, setIsShowingCodes] = useState(false);
  const { data, error, refetch } = useAsk(showAccount, {});
  const after = useAfterSignIn();
  if (error?.kind === 'unauthenticated') {
    return <Navigate to="/sign-in" search={{ next }} replace />;
  }
  if (data === undefined) {
    return error === null ? null : <ErrorPanel error={error} retry={() => void refetch()} />;
  }
  if (data.owed.includes('password')) return <OwnPassword />;
  if (data.owed.includes('second_factor') || isShowingCodes) {
    return (
      <EnrollSecondFactor onCodes={() => setIsShowingCodes(true)} onDone={() => void after(next)} />
    );
  }
  return <Navigate to="/inbox" replace />;
}

function OwnPassword(): ReactNode {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const act = useAct(changePassword);
  const error = act.error === null ? null : toApiError(act.error);
  const wrong = (field: string): string | null =>
    error?.fields.find((one) => one.field === field)?.message ?? null;
  return (
    <Alone
      title="Choose your own password"
      about="Somebody else set the one you have. All other sessions of yours end."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          act.mutate({ current, password });
        }}
      >
        <TextField
          label="Password now"
          type="password"
          autoComplete="current-password"
          value={current}
          error={wrong('current')}
          onChange={(event) => setCurrent(event.target.value)}
        />
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          value={password}
          error={wrong('password')}
          onChange={(event) => setPassword(event.target.value)}
        />
        <FormError error={error !== null && error.fields.length === 0 ? error : null} />
        <Button look="primary" type="submit" className="h-9" disabled={act.isPending}>
          Change it
        </Button>
      </form>
    </Alone>
  );
}
