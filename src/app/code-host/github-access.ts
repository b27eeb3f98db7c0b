import { matchesGlob } from 'node:path';
import type {
  AccessOf,
  GithubAccess,
  TokenSource,
} from '../../integrations/github/credentials/access.ts';
import { createAccess } from '../../integrations/github/credentials/access.ts';
import { createGithubApp } from '../../integrations/github/credentials/app-tokens.ts';
import { createSharedTokens } from '../../integrations/github/credentials/shared-tokens.ts';
import { createStanding } from '../../integrations/github/credentials/standing.ts';
import { createExchange, usualDeadlines } from '../../integrations/github/exchange.ts';
import { createDatabaseGovernorState } from '../../integrations/github/governor/database-state.ts';
import { createGovernor } from '../../integrations/github/governor/governor.ts';
import { githubLimits } from '../../integrations/github/governor/limits.ts';
import type { GithubTables } from '../../integrations/github/tables.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { sha256 } from '../../lib/hash.ts';
import type { Log } from '../../lib/log.ts';
import type { Random } from '../../lib/random.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Database } from '../../platform/database/database.ts';
import type { Redactor } from '../../platform/redaction/redactor.ts';
import type { Sealing } from '../../platform/vault/vault.ts';
import type { Credentials } from '../store/credentials.ts';
import { sayAlert } from '../watching/say-alert.ts';

export interface GithubAccessParts {
  readonly config: Config;
  readonly credentials: Credentials;
  readonly sealing: Sealing;
  readonly redactor: Pick<Redactor, 'register'>;
  readonly database: Pick<Database, 'kysely'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

type App = NonNullable<Config['github']['app']>;

/** Which credential goes to which repository: the first of `github.credentials` that matches, else the app, else GITHUB_TOKEN. */
export function githubAccess(parts: GithubAccessParts): AccessOf {
  const { app, credentials, managerRepo } = parts.config.github;
  const known = new Map<string, GithubAccess>();
  const kept = (id: string, make: () => GithubAccess): GithubAccess => {
    const access = known.get(id) ?? make();
    known.set(id, access);
    return access;
  };
  const byToken = (name: string): GithubAccess => kept(name, () => tokenAccess(parts, name));
  const byApp = (one: App, owner: string): GithubAccess => {
    const id = `app ${one.id} on ${owner.toLowerCase()}`;
    return kept(id, () => appAccess(parts, one, owner, id));
  };
  return (repository) => {
    const place = repository ?? managerRepo ?? '';
    const entry = credentials.find(({ match }) => goesTo(match, place));
    if (entry?.token !== undefined) return byToken(entry.token);
    const chosen = entry?.app ?? app;
    return chosen === null ? byToken('GITHUB_TOKEN') : byApp(chosen, place.split('/')[0] ?? '');
  };
}

/** A place that is only an owner takes what goes to all of that owner's repositories. */
function goesTo(match: string, place: string): boolean {
  const name = place.endsWith('/') ? `${place}*` : place;
  const pattern = match.toLowerCase();
  return pattern === name.toLowerCase() || matchesGlob(name.toLowerCase(), pattern);
}

function tokenAccess(parts: GithubAccessParts, name: string): GithubAccess {
  const held = parts.credentials.holder(name, 'requests to GitHub');
  const current = async (): Promise<string> => (await held.first()) ?? missing(name);
  const source: TokenSource = {
    current,
    renew: async () => {
      held.forget();
      return await current();
    },
  };
  return accessOf(parts, name, null, source);
}

function appAccess(parts: GithubAccessParts, one: App, owner: string, id: string): GithubAccess {
  const { apiUrl } = parts.config.github;
  const app = createGithubApp({
    apiUrl,
    appId: String(one.id),
    installationId: one.installationId,
    privateKey: async () =>
      (await parts.credentials.take(one.privateKey, 'a token of the GitHub App')) ??
      missing(one.privateKey),
    exchange: createExchange(usualDeadlines),
    clock: parts.clock,
  });
  const source = createSharedTokens({
    id: sha256(`${apiUrl} ${id}`).slice(0, 16),
    db: parts.database.kysely<GithubTables>(),
    sealing: parts.sealing,
    mint: () => app.mint(owner),
    clock: parts.clock,
    redactor: parts.redactor,
  });
  return accessOf(parts, id, () => app.login(), source);
}

function accessOf(
  { config, database, clock, random, log }: GithubAccessParts,
  id: string,
  login: GithubAccess['login'],
  source: TokenSource,
): GithubAccess {
  const db = database.kysely<GithubTables>();
  return createAccess({
    id,
    login,
    source,
    governor: createGovernor({
      credential: sha256(`${config.github.apiUrl} ${id}`).slice(0, 16),
      state: createDatabaseGovernorState(db, id),
      clock,
      random,
      log,
      limits: { ...githubLimits, inFlight: config.resilience.github.inFlight },
    }),
    standing: createStanding(id, {
      db,
      clock,
      onSuspended: (credential) => {
        log.error(
          { credential, code: 'github_credential_suspended', category: 'security' },
          'GitHub refused a credential three times in a row; it is not used until it is changed or lifted',
        );
        sayAlert(database, log);
      },
    }),
  });
}

function missing(name: string): never {
  throw new AppError({
    kind: 'unauthenticated',
    code: 'github_token_missing',
    message: `Repositories on GitHub are configured, but there is no ${name}.`,
    next: `Store it with \`claude-manager credentials set ${name}\`, or export ${name}. A token must be able to write issues, contents and pull requests.`,
    details: { name },
  });
}
