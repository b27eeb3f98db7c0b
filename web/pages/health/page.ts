import { HeartPulse } from 'lucide-react';
import { definePage } from '../../page.ts';
import { HealthSign } from './health-sign.tsx';
import { healthSearch } from './search.ts';

/** Whether it is well: alerts, then a line per check. */
export const health = definePage({
  // `/health` itself answers probes.
  path: '/health-checks',
  title: 'Health',
  permission: 'health:read',
  search: healthSearch,
  nav: { icon: HeartPulse, sign: HealthSign },
  load: () => import('./health.tsx').then(({ HealthPage }) => ({ View: HealthPage })),
});
