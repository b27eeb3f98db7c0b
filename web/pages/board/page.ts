import { SquareKanban } from 'lucide-react';
import { countTasks, listTasks } from '../../../src/operations/tasks/contract.ts';
import { definePage } from '../../page.ts';
import { columns, inputOf } from './columns.ts';
import { boardSearch } from './search.ts';

/** All work by where it stands, live. */
export const board = definePage({
  path: '/board',
  title: 'Board',
  permission: 'tasks:read',
  search: boardSearch,
  nav: { icon: SquareKanban },
  first: [
    ...columns.map((column) => ({ contract: listTasks, input: inputOf(column, {}) })),
    { contract: countTasks, input: {} },
  ],
  load: () => import('./board.tsx').then(({ BoardPage }) => ({ View: BoardPage })),
});
