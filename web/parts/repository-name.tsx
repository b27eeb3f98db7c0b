import type { ReactNode } from 'react';
import { repositoryName } from './format.ts';

/** Characters up to which a name is kept in one piece where there is room for a table. */
const mostUnbroken = 32;

/** Name of a repository in a table: a short one is not broken at its dashes. */
export function RepositoryName({ target }: { readonly target: string }): ReactNode {
  const name = repositoryName(target);
  return <span className={name.length > mostUnbroken ? '' : 'md:whitespace-nowrap'}>{name}</span>;
}
