import type { ReactNode } from 'react';
import type { Permission } from '../../src/operations/operation.ts';

/** Who looks at the dashboard, and what the service says they may. */
export interface Session {
  readonly name: string;
  readonly may: (permission: Permission) => boolean;
}

export function useSession(): Session {
  return { name: 'you', may: () => true };
}

/** Shows its content to who is signed in. */
export function SignedIn({ children }: { readonly children: ReactNode }): ReactNode {
  return children;
}
