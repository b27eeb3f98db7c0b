import { z } from 'zod';
import { definePage } from '../../page.ts';

export const tasksSearch = z.object({
  /** States with spaces between. */
  state: z.string().optional(),
  repo: z.string().optional(),
  agent: z.string().optional(),
  kind: z.string().optional(),
  q: z.string().optional(),
  sort: z.enum(['rank', 'oldest', 'newest']).optional(),
});

/** Any list of tasks: what counts elsewhere lead to. */
export const tasks = definePage({
  path: '/tasks',
  title: 'Tasks',
  permission: 'tasks:read',
  search: tasksSearch,
  load: () => import('./tasks.tsx').then(({ TasksPage }) => ({ View: TasksPage })),
});
