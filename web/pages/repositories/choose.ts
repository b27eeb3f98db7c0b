import type { RepositoryLine } from '../../../src/operations/repositories/contract.ts';
import type { RepositoriesSearch } from './search.ts';

/** The repositories that the address asks for, in its order. */
export function choose(
  all: readonly RepositoryLine[],
  { q = '', state, sort = 'name' }: RepositoriesSearch,
): readonly RepositoryLine[] {
  const words = q.toLowerCase();
  return all
    .filter((line) => line.name.toLowerCase().includes(words) && fits(line, state))
    .toSorted((a, b) => compare(a, b, sort) || a.name.localeCompare(b.name, 'en'));
}

function fits(line: RepositoryLine, state: RepositoriesSearch['state']): boolean {
  switch (state) {
    case undefined:
      return true;
    case 'problem':
      return (line.lastScan?.problem ?? null) !== null;
    case 'differs':
      return line.differences.length > 0;
    default:
      return line.state === state;
  }
}

function compare(
  a: RepositoryLine,
  b: RepositoryLine,
  sort: NonNullable<RepositoriesSearch['sort']>,
): number {
  switch (sort) {
    case 'name':
      return 0;
    case 'findings':
      return b.findingsOpen - a.findingsOpen;
    case 'proposals':
      return b.proposalsOpen - a.proposalsOpen;
    case 'merged':
      return b.merged - a.merged;
    case 'oldest':
      // What was never looked at has waited longest.
      return (a.lastScan?.at ?? '') < (b.lastScan?.at ?? '') ? -1 : 1;
  }
}
