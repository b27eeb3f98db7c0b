import { z } from 'zod';
import { definePage } from '../../page.ts';

export const signInSearch = z.object({ next: z.string().optional() });

/** Name and password, then the second factor; or a passkey, which is both. */
export const signIn = definePage({
  path: '/sign-in',
  title: 'Sign in',
  permission: null,
  search: signInSearch,
  load: () => import('./sign-in.tsx').then(({ SignInPage }) => ({ View: SignInPage })),
});
