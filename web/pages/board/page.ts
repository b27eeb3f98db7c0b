import { SquareKanban } from 'lucide-react';
import { z } from 'zod';
import { definePage } from '../../page.ts';

export const boardSearch = z.object({ repo: z.string().optional(), agent: z.string().optional() });

/** All work by where it stands, live. */
export const board = definePage({
  path: '/board',
  title: 'Board',
  permission: 'tasks:read',
  search: boardSearch,
  nav: { icon: SquareKanban },
  load: () => import('./board.tsx').then(({ BoardPage }) => ({ View: BoardPage })),
});
