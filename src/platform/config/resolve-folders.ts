import { resolve } from 'node:path';
import type { Config } from './schema.ts';

/** Makes every folder in the configuration absolute; relative ones start where the file lies. */
export function resolveFolders(config: Config, base: string, home: string | undefined): Config {
  const absolute = (path: string): string =>
    resolve(base, path.startsWith('~/') && home !== undefined ? `${home}/${path.slice(2)}` : path);
  const { prompts } = config.executor;
  const { keyFile } = config.security.vault;
  const { anchorFile } = config.security.audit;
  return {
    ...config,
    dataDir: absolute(config.dataDir),
    logDir: absolute(config.logDir),
    backup: {
      ...config.backup,
      folder: absolute(config.backup.folder ?? `${config.dataDir}/backups`),
    },
    executor: { ...config.executor, prompts: prompts === null ? null : absolute(prompts) },
    security: {
      ...config.security,
      vault: {
        ...config.security.vault,
        keyFile: keyFile === null ? null : absolute(keyFile),
      },
      audit: {
        ...config.security.audit,
        anchorFile: anchorFile === null ? null : absolute(anchorFile),
      },
    },
    github: {
      ...config.github,
      reposToScan: config.github.reposToScan.map((name) =>
        isFolder(name) ? absolute(name) : name,
      ),
    },
    repositories: config.repositories.map((entry) =>
      entry.host === 'local' || (entry.host === undefined && isFolder(entry.match))
        ? { ...entry, host: 'local' as const, match: absolute(entry.match) }
        : { ...entry, host: 'github' as const },
    ),
  };
}

/** A path, not `owner/name`. */
export function isFolder(name: string): boolean {
  return /^(?:[/~]|\.{1,2}(?:\/|$))/.test(name);
}
