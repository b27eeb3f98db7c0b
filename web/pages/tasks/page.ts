import { listTasks } from '../../../src/operations/tasks/contract.ts';
import { definePage } from '../../page.ts';
import { firstList, tasksSearch } from './search.ts';

/** Any list of tasks: what counts elsewhere lead to. */
export const tasks = definePage({
  path: '/tasks',
  title: 'Tasks',
  permission: 'tasks:read',
  search: tasksSearch,
  first: [{ contract: listTasks, input: firstList }],
  load: () => import('./tasks.tsx').then(({ TasksPage }) => ({ View: TasksPage })),
});
