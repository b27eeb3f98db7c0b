import { SquareKanban } from 'lucide-react';
import { definePage } from '../../page.ts';
import { boardSearch } from './search.ts';

/** All work by where it stands, live. */
export const board = definePage({
  path: '/board',
  title: 'Board',
  permission: 'tasks:read',
  search: boardSearch,
  nav: { icon: SquareKanban },
  load: () => import('./board.tsx').then(({ BoardPage }) => ({ View: BoardPage })),
});
