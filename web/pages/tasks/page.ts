import { definePage } from '../../page.ts';
import { tasksSearch } from './search.ts';

/** Any list of tasks: what counts elsewhere lead to. */
export const tasks = definePage({
  path: '/tasks',
  title: 'Tasks',
  permission: 'tasks:read',
  search: tasksSearch,
  load: () => import('./tasks.tsx').then(({ TasksPage }) => ({ View: TasksPage })),
});
