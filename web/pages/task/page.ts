import { definePage } from '../../page.ts';
import { taskSearch } from './search.ts';

/** The whole story of one task. */
export const task = definePage({
  path: '/tasks/$id',
  title: 'Task',
  permission: 'tasks:read',
  search: taskSearch,
  load: () => import('./task.tsx').then(({ TaskPage }) => ({ View: TaskPage })),
});
