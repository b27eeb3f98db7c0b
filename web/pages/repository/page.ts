import { definePage } from '../../page.ts';
import { repositorySearch } from './search.ts';

/** One watched repository: what it holds, what came of it, and its policy. */
export const repository = definePage({
  path: '/repository',
  title: 'Repository',
  permission: 'repo:read',
  search: repositorySearch,
  load: () => import('./repository.tsx').then(({ RepositoryPage }) => ({ View: RepositoryPage })),
});
