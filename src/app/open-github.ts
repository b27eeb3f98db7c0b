import type { CodeHost } from '../domain/ports/code-host.ts';
import type { GitPush } from '../domain/ports/git.ts';
import { createDatabaseEtagStore } from '../integrations/github/etag-store.ts';
import { createGithubHost } from '../integrations/github/github-host.ts';
import type { GithubTables } from '../integrations/github/tables.ts';
import type { Markers } from '../platform/effects/markers.ts';
import type { Telemetry } from '../platform/telemetry/telemetry.ts';
import type { GithubAccessParts } from './github-access.ts';
import { githubAccess } from './github-access.ts';
import { upstreamObserver } from './upstream-observer.ts';

export interface GithubParts extends GithubAccessParts {
  readonly telemetry: Pick<Telemetry, 'record'>;
  readonly markers: Markers;
  readonly push: GitPush;
}

/** The GitHub host behind its governors, whose state all processes of one credential share. */
export function openGithub(parts: GithubParts): CodeHost {
  const { config, clock, random, markers, push, log } = parts;
  const { apiUrl, serverUrl, managerRepo } = config.github;
  return createGithubHost({
    apiUrl,
    serverUrl,
    access: githubAccess(parts),
    home: managerRepo,
    etags: createDatabaseEtagStore(parts.database.kysely<GithubTables>()),
    clock,
    random,
    markers,
    git: push,
    log,
    observer: upstreamObserver(parts.telemetry),
  });
}
