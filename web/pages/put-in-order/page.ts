import { definePage } from '../../page.ts';
import { putInOrderSearch } from './search.ts';

/** What an account owes before anything else is permitted: a password of its own, a second factor. */
export const putInOrder = definePage({
  path: '/put-in-order',
  title: 'Your account',
  permission: null,
  search: putInOrderSearch,
  load: () => import('./put-in-order.tsx').then(({ PutInOrderPage }) => ({ View: PutInOrderPage })),
});
