import type { RepositoryRef } from '../../domain/repository.ts';
import { createDatabaseEtagStore } from '../../integrations/github/etag-store.ts';
import { createExchange, usualDeadlines } from '../../integrations/github/exchange.ts';
import { createGithubClient } from '../../integrations/github/github-client.ts';
import type { GithubHooks } from '../../integrations/github/hooks.ts';
import { createGithubHooks } from '../../integrations/github/hooks.ts';
import type { GithubTables } from '../../integrations/github/tables.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import type { Served } from '../../operations/gate.ts';
import { webhookHandlers } from '../../operations/webhooks/handlers.ts';
import type { Config } from '../../platform/config/schema.ts';
import { createInbox } from '../../platform/inbox/inbox.ts';
import type { Redactor } from '../../platform/redaction/redactor.ts';
import type { StoreRooms } from '../store/open-store.ts';
import { githubAccess } from './github-access.ts';

export interface HookParts {
  readonly config: () => Config;
  readonly store: Pick<StoreRooms, 'database' | 'credentials' | 'vault'>;
  readonly redactor: Pick<Redactor, 'register'>;
  readonly log: Log;
  /** The watched repositories, patterns looked up. */
  readonly repositories: () => Promise<readonly RepositoryRef[]>;
}

export const webhookSecret = 'GITHUB_WEBHOOK_SECRET';

/** GitHub keeps what it can send again for three days. */
const redeliverableMs = 3 * 86_400_000;

/** What can be asked about deliveries from GitHub and the hooks they come from. */
export function hookOperations(parts: HookParts): readonly Served[] {
  const { config, store } = parts;
  return webhookHandlers({
    inbox: createInbox(store.database, { clock: systemClock, random: systemRandom }),
    hooks: () => hooksOf(parts),
    repositories: () => placesOf(parts),
    secret: () => store.credentials.take(webhookSecret, 'setting up webhooks'),
    address: () => config().server.publicUrl,
    path: () => config().github.webhooks.path,
  });
}

/** Asks GitHub for what it could not deliver while nobody was here. What fails is said; polling finds the rest. */
export async function askForMissed(parts: HookParts): Promise<void> {
  const { server, github } = parts.config();
  if (server.publicUrl === null) return;
  const url = new URL(github.webhooks.path, server.publicUrl).href;
  const since = new Date(systemClock.now().getTime() - redeliverableMs);
  const hooks = hooksOf(parts);
  for (const repository of await placesOf(parts)) {
    try {
      const mine = (await hooks.list(repository)).find((one) => one.url === url);
      if (mine === undefined) continue;
      const asked = await hooks.redeliverFailed(repository, mine.id, since);
      if (asked > 0) parts.log.info({ repository, asked }, 'asked GitHub for missed deliveries');
    } catch (error) {
      parts.log.warn({ repository, error }, 'missed deliveries could not be asked for');
    }
  }
}

export function hooksOf({ config, store, redactor, log }: HookParts): GithubHooks {
  const deps = { clock: systemClock, random: systemRandom, log };
  const { database, credentials, vault } = store;
  const client = createGithubClient({
    ...deps,
    apiUrl: config().github.apiUrl,
    access: githubAccess({
      ...deps,
      config: config(),
      credentials,
      sealing: vault,
      redactor,
      database,
    }),
    etags: createDatabaseEtagStore(database.kysely<GithubTables>()),
    exchange: createExchange(usualDeadlines),
  });
  return createGithubHooks(client);
}

async function placesOf({ config, repositories }: HookParts): Promise<readonly string[]> {
  const { managerRepo } = config().github;
  const targets = (await repositories()).filter(({ host }) => host === 'github');
  const names = [
    ...(managerRepo === null ? [] : [managerRepo]),
    ...targets.map(({ name }) => name),
  ];
  return [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
}
