import { z } from 'zod';
import { definePage } from '../../page.ts';

/** The first administrator, by the one-time link of the console (`/welcome#token=…`). */
export const welcome = definePage({
  path: '/welcome',
  title: 'Welcome',
  permission: null,
  search: z.object({}),
  load: () => import('./welcome.tsx').then(({ WelcomePage }) => ({ View: WelcomePage })),
});
