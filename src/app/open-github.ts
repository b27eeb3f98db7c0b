import type { CodeHost } from '../domain/ports/code-host.ts';
import type { GitPush } from '../domain/ports/git.ts';
import { createDatabaseEtagStore } from '../integrations/github/etag-store.ts';
import { createGithubHost } from '../integrations/github/github-host.ts';
import { createDatabaseGovernorState } from '../integrations/github/governor/database-state.ts';
import { createGovernor } from '../integrations/github/governor/governor.ts';
import type { GithubTables } from '../integrations/github/tables.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { sha256 } from '../lib/hash.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/random.ts';
import type { Config } from '../platform/config/schema.ts';
import type { Database } from '../platform/database/database.ts';
import type { Markers } from '../platform/effects/markers.ts';
import type { Credentials } from './credentials.ts';

export interface GithubParts {
  readonly config: Config;
  readonly credentials: Credentials;
  readonly database: Pick<Database, 'kysely'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly markers: Markers;
  readonly push: GitPush;
  readonly log: Log;
}

/** The GitHub host behind its governor, whose state all processes of one token share. */
export function openGithub(parts: GithubParts): CodeHost {
  const { config, clock, random, markers, push, log } = parts;
  const held = parts.credentials.holder('GITHUB_TOKEN', 'requests to GitHub');
  const db = parts.database.kysely<GithubTables>();
  const { apiUrl, serverUrl } = config.github;
  const governor = createGovernor({
    credential: sha256(`${apiUrl} GITHUB_TOKEN`).slice(0, 16),
    state: createDatabaseGovernorState(db),
    clock,
    random,
    log,
  });
  return createGithubHost({
    apiUrl,
    serverUrl,
    token: async () => (await held.first()) ?? missing(),
    governor,
    etags: createDatabaseEtagStore(db),
    clock,
    random,
    markers,
    git: push,
    log,
  });
}

function missing(): never {
  throw new AppError({
    kind: 'unauthenticated',
    code: 'github_token_missing',
    message: 'Repositories on GitHub are configured, but there is no GITHUB_TOKEN.',
    next: 'Store a token that may write issues, contents and pull requests with `claude-manager credentials set GITHUB_TOKEN`, or export GITHUB_TOKEN.',
  });
}
