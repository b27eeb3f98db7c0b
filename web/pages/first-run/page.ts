import { z } from 'zod';
import { definePage } from '../../page.ts';

/** The short path from nothing to the first proposals; each step says where it stands, so it can be left and resumed. */
export const firstRun = definePage({
  path: '/first-run',
  title: 'Set up',
  permission: 'config:read',
  search: z.object({}),
  load: () => import('./first-run.tsx').then(({ FirstRunPage }) => ({ View: FirstRunPage })),
});
