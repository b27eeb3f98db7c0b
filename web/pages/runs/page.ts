import { Play } from 'lucide-react';
import { z } from 'zod';
import { definePage } from '../../page.ts';
import { RunsSign } from './runs-sign.tsx';

export const runsSearch = z.object({
  show: z.enum(['live', 'ended']).optional(),
  outcome: z.string().optional(),
  repo: z.string().optional(),
  agent: z.string().optional(),
});

/** What agents do now, and what they did. */
export const runs = definePage({
  path: '/runs',
  title: 'Runs',
  permission: 'tasks:read',
  search: runsSearch,
  nav: { icon: Play, sign: RunsSign },
  load: () => import('./runs.tsx').then(({ RunsPage }) => ({ View: RunsPage })),
});
