import type { CodeHost } from '../../domain/ports/code-host.ts';
import type { GitPush } from '../../domain/ports/git.ts';
import type { AccessOf } from '../../integrations/github/credentials/access.ts';
import { createDatabaseEtagStore } from '../../integrations/github/etag-store.ts';
import type { HttpAnswer } from '../../integrations/github/exchange.ts';
import { createGithubHost, type GithubGuards } from '../../integrations/github/github-host.ts';
import type { GithubTables } from '../../integrations/github/tables.ts';
import type { Markers } from '../../platform/effects/markers.ts';
import type { PeerClock } from '../../platform/health/peer-clock.ts';
import type { Breakers } from '../../platform/resilience/breakers.ts';
import { createDependency } from '../../platform/resilience/dependency.ts';
import type { Telemetry } from '../../platform/telemetry/telemetry.ts';
import type { GithubAccessParts } from './github-access.ts';
import { upstreamObserver } from './upstream-observer.ts';

export interface GithubParts extends GithubAccessParts {
  readonly telemetry: Pick<Telemetry, 'record'>;
  readonly markers: Markers;
  readonly push: GitPush;
  readonly breakers: Breakers;
  readonly access: AccessOf;
  /** Hears what GitHub's answers say of its clock. */
  readonly githubClock: Pick<PeerClock, 'hear'>;
}

/** The GitHub host behind its governors, whose state all processes of one credential share. */
export function openGithub(parts: GithubParts): CodeHost {
  const { config, clock, random, markers, push, log } = parts;
  const { apiUrl, serverUrl, managerRepo, username } = config.github;
  const limits = config.resilience.github;
  const count = upstreamObserver(parts.telemetry);
  return createGithubHost({
    apiUrl,
    serverUrl,
    access: parts.access,
    home: managerRepo,
    username,
    etags: createDatabaseEtagStore(parts.database.kysely<GithubTables>()),
    clock,
    random,
    markers,
    git: push,
    log,
    observer: (seen) => {
      count(seen);
      parts.githubClock.hear(seen.date, seen.durationMs);
    },
    deadlines: {
      connectMs: limits.connectMs,
      firstByteMs: limits.firstByteMs,
      totalMs: limits.timeoutMs,
    },
    retry: limits.retry,
    guards: guardsOf(parts),
  });
}

/** GitHub's API, and git to its server, each with its policy; one repository that fails is left alone by itself. */
function guardsOf({ config, breakers, clock, random }: GithubParts): GithubGuards {
  const deps = { breakers, clock, random };
  const { github, git } = config.resilience;
  const api = createDependency('github', { breaker: github.breaker }, deps);
  const { inFlight, waiting, retry, breaker } = git;
  const policy = { breaker, retry, bulkhead: { inFlight, waiting } };
  const server = createDependency(`git ${new URL(config.github.serverUrl).host}`, policy, deps);
  const failed = ({ status }: HttpAnswer): boolean => status >= 500 && status !== 501;
  return {
    request: (place, call) => api.run(call, { place, failed }),
    git: (place, call, { mayRepeat }) => server.run(call, { place, mayRepeat }),
  };
}
