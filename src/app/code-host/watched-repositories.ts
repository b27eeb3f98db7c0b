import type { RepositoryRef } from '../../domain/repository.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { StoreRooms } from '../store/open-store.ts';
import { isExcluded, watched } from '../work/settings.ts';

/** Patterns looked up on their host, exclusions taken out, each repository once. */
export async function expand(
  config: Config,
  folder: string,
  store: Pick<StoreRooms, 'host'>,
): Promise<readonly RepositoryRef[]> {
  const found = new Map<string, RepositoryRef>();
  for (const { host, pattern, exclude } of watched(config, folder)) {
    const refs = /[*?{[]/u.test(pattern)
      ? await store.host(host).expand(pattern)
      : [{ host, name: pattern }];
    for (const ref of refs) {
      if (!isExcluded(ref.name, exclude)) found.set(`${ref.host}:${ref.name.toLowerCase()}`, ref);
    }
  }
  return [...found.values()];
}

/** The watched ones and the one that takes their proposals. */
export function withManager(
  { github }: Config,
  repositories: readonly RepositoryRef[],
): readonly RepositoryRef[] {
  return github.managerRepo === null
    ? repositories
    : [...repositories, { host: 'github', name: github.managerRepo }];
}
