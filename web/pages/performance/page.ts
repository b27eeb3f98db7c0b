import { definePage } from '../../page.ts';
import { performanceSearch } from './search.ts';

/** How often, how long and how well: of operations, of GitHub, of the machine, of the queue. Reached from Health. */
export const performance = definePage({
  path: '/performance',
  title: 'Performance',
  permission: 'metrics:read',
  search: performanceSearch,
  places: [
    { word: 'Performance: operations' },
    { word: 'Performance: requests to GitHub', search: { tab: 'github' } },
    { word: 'Performance: resources', search: { tab: 'resources' } },
    { word: 'Performance: queue', search: { tab: 'queue' } },
  ],
  load: () =>
    import('./performance.tsx').then(({ PerformancePage }) => ({ View: PerformancePage })),
});
