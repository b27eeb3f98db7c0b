import { z } from 'zod';
import { definePage } from '../../page.ts';

/** One attempt of one agent, as it happens. */
export const run = definePage({
  path: '/runs/$id',
  title: 'Run',
  permission: 'tasks:read',
  search: z.object({}),
  load: () => import('./run.tsx').then(({ RunPage }) => ({ View: RunPage })),
});
