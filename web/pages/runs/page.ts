import { Play } from 'lucide-react';
import { definePage } from '../../page.ts';
import { RunsSign } from './runs-sign.tsx';
import { runsSearch } from './search.ts';

/** What agents do now, and what they did. */
export const runs = definePage({
  path: '/runs',
  title: 'Runs',
  permission: 'tasks:read',
  search: runsSearch,
  nav: { icon: Play, sign: RunsSign },
  load: () => import('./runs.tsx').then(({ RunsPage }) => ({ View: RunsPage })),
});
