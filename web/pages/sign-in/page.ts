import { definePage } from '../../page.ts';
import { signInSearch } from './search.ts';

/** Name and password, then the second factor; or a passkey, which is both. */
export const signIn = definePage({
  path: '/sign-in',
  title: 'Sign in',
  permission: null,
  search: signInSearch,
  load: () => import('./sign-in.tsx').then(({ SignInPage }) => ({ View: SignInPage })),
});
