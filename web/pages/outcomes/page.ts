import { ChartColumn } from 'lucide-react';
import { definePage } from '../../page.ts';
import { outcomesSearch } from './search.ts';

/** What came of the work in a period. */
export const outcomes = definePage({
  path: '/outcomes',
  title: 'Outcomes',
  permission: 'metrics:read',
  search: outcomesSearch,
  nav: { icon: ChartColumn },
  load: () => import('./outcomes.tsx').then(({ OutcomesPage }) => ({ View: OutcomesPage })),
});
