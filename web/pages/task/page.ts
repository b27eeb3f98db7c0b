import { z } from 'zod';
import { definePage } from '../../page.ts';

export const tabs = ['evidence', 'approval', 'runs', 'diff', 'checks', 'cost', 'audit'] as const;
export type Tab = (typeof tabs)[number];

export const taskSearch = z.object({
  tab: z.enum(tabs).optional(),
  /** The run whose diff is shown; the latest when left out. */
  run: z.string().optional(),
});

/** The whole story of one task. */
export const task = definePage({
  path: '/tasks/$id',
  title: 'Task',
  permission: 'tasks:read',
  search: taskSearch,
  load: () => import('./task.tsx').then(({ TaskPage }) => ({ View: TaskPage })),
});
