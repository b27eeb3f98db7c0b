import type { CodeHost } from '../domain/ports/code-host.ts';
import type { GitPush } from '../domain/ports/git.ts';
import { createDatabaseEtagStore } from '../integrations/github/etag-store.ts';
import type { HttpAnswer } from '../integrations/github/exchange.ts';
import { createGithubHost } from '../integrations/github/github-host.ts';
import type { GithubTables } from '../integrations/github/tables.ts';
import type { Markers } from '../platform/effects/markers.ts';
import { type BreakerTables, createBreakers } from '../platform/resilience/breakers.ts';
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
  const limits = config.resilience.github;
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
    deadlines: {
      connectMs: limits.connectMs,
      firstByteMs: limits.firstByteMs,
      totalMs: limits.timeoutMs,
    },
    guard: createBreakers({
      db: parts.database.kysely<BreakerTables>(),
      clock,
      log,
    }).get<HttpAnswer>('github', limits.breaker, ({ status }) => status >= 500 && status !== 501),
  });
}
