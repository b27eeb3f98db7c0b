import { Navigate, useRouter } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { createContext, useContext, useMemo, useState } from 'react';
import { showAccount } from '../../src/operations/account/contract.ts';
import type { Permission } from '../../src/operations/operation.ts';
import { useAsk } from './data.tsx';

/** Who looks at the dashboard, and what the service says they may. */
export interface Session {
  readonly name: string;
  readonly roles: readonly string[];
  readonly may: (permission: Permission) => boolean;
  /** False for the person at the machine who needs no account (loopback without sign-in, the demo). */
  readonly hasAccount: boolean;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('outside of SignedIn');
  return session;
}

/** Shows its content to who is signed in; sends everybody else to sign in and back here afterwards. */
export function SignedIn({
  refused,
  children,
}: {
  /** What is shown when it cannot be known who looks. */
  readonly refused: (error: unknown, retry: () => void) => ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  const { data, error, refetch } = useAsk(showAccount, {});
  const session = useMemo((): Session | null => {
    if (data === undefined) return null;
    const held = new Set(data.permissions);
    return {
      name: data.user,
      roles: data.roles.map(({ role }) => role),
      may: (permission) => held.has(permission),
      hasAccount: data.session !== null,
    };
  }, [data]);
  if (error?.kind === 'unauthenticated') {
    return <Leave to="/sign-in" />;
  }
  if (error?.code === 'not_bootstrapped') return <Navigate to="/welcome" replace />;
  if (data !== undefined && data.owed.length > 0) {
    return <Leave to="/put-in-order" />;
  }
  if (session !== null) return <SessionContext value={session}>{children}</SessionContext>;
  if (error !== null) return refused(error, () => void refetch());
  return null;
}

/** Leads to another page, which leads back to where the person is now. */
function Leave({ to }: { readonly to: string }): ReactNode {
  const router = useRouter();
  // Once: on the way the address changes, and must not become its own way back.
  const [next] = useState(() => router.state.location.href);
  return <Navigate to={to} search={{ next }} replace />;
}
