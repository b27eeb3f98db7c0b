/** A repository that we watch or the manager repository, on one of the code hosts. */
export interface RepositoryRef {
  readonly host: HostName;
  /** `owner/name` on GitHub; the absolute path of the folder on the local host. */
  readonly name: string;
}

export type HostName = 'github' | 'local';

/** The stable text form, `github:owner/name` or `local:/path`; used as a key in tables and hashes. */
export function repositoryKey(repository: RepositoryRef): string {
  const name = repository.host === 'github' ? repository.name.toLowerCase() : repository.name;
  return `${repository.host}:${name}`;
}

/** Whether both name the same repository; null is none. */
export function isSameRepository(one: RepositoryRef | null, other: RepositoryRef): boolean {
  return one !== null && repositoryKey(one) === repositoryKey(other);
}

/** Reads what `repositoryKey` wrote. */
export function parseRepositoryKey(key: string): RepositoryRef {
  const colon = key.indexOf(':');
  const host = key.slice(0, colon);
  return { host: host === 'local' ? 'local' : 'github', name: key.slice(colon + 1) };
}
