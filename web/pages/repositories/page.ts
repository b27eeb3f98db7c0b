import { FolderGit2 } from 'lucide-react';
import { definePage } from '../../page.ts';
import { repositoriesSearch } from './search.ts';

/** What is watched: state, last look, what came of it. */
export const repositories = definePage({
  path: '/repositories',
  title: 'Repositories',
  permission: 'repo:read',
  search: repositoriesSearch,
  nav: { icon: FolderGit2 },
  load: () =>
    import('./repositories.tsx').then(({ RepositoriesPage }) => ({ View: RepositoriesPage })),
});
