import { z } from 'zod';
import { AppError } from '../../lib/app-error.ts';
import type { GithubClient } from './github-client.ts';
import { when } from './schemas.ts';

/* Only the fields that are read. Source: docs.github.com, REST API, repository webhooks. */

const Hook = z.object({
  id: z.int(),
  active: z.boolean(),
  events: z.array(z.string()),
  config: z.object({
    url: z.string().optional(),
    content_type: z.string().optional(),
    insecure_ssl: z.union([z.string(), z.number()]).optional(),
  }),
});

const HookDelivery = z.object({
  id: z.union([z.int(), z.string()]),
  guid: z.string(),
  delivered_at: when,
  status_code: z.int(),
  event: z.string(),
});

const Meta = z.object({ hooks: z.array(z.string()).optional() });

export interface GithubHook {
  readonly id: number;
  readonly url: string;
  readonly active: boolean;
  readonly events: readonly string[];
  /** Sends JSON, and verifies our certificate. */
  readonly isSound: boolean;
}

export interface WantedHook {
  readonly url: string;
  readonly secret: string;
  readonly events: readonly string[];
}

/** Webhooks of repositories (`owner/name`); the credential needs the right to administer them. */
export interface GithubHooks {
  list(repository: string): Promise<readonly GithubHook[]>;
  create(repository: string, hook: WantedHook): Promise<void>;
  /** Everything of it as wanted, its secret too, which cannot be read. */
  update(repository: string, id: number, hook: WantedHook): Promise<void>;
  /** Networks that deliveries come from (REST API, meta). AppError `unavailable` where GitHub names none. */
  addresses(): Promise<readonly string[]>;
  /** Asks GitHub to send again what nobody took since then; answers how many deliveries. */
  redeliverFailed(repository: string, id: number, since: Date): Promise<number>;
}

export function createGithubHooks(client: GithubClient): GithubHooks {
  const hooksOf = (repository: string): string => `/repos/${repository}/hooks`;
  return {
    list: async (repository) => {
      const hooks = await client.list(hooksOf(repository), Hook, { lane: 'person', fresh: true });
      return hooks.map(({ id, active, events, config }) => ({
        id,
        active,
        events,
        url: config.url ?? '',
        isSound: config.content_type === 'json' && String(config.insecure_ssl ?? '0') === '0',
      }));
    },
    create: async (repository, hook) => {
      await client.write(
        {
          method: 'POST',
          path: hooksOf(repository),
          lane: 'person',
          createsContent: false,
          body: { name: 'web', ...bodyOf(hook) },
        },
        Hook,
      );
    },
    update: async (repository, id, hook) => {
      await client.write(
        {
          method: 'PATCH',
          path: `${hooksOf(repository)}/${id}`,
          lane: 'person',
          createsContent: false,
          body: bodyOf(hook),
        },
        Hook,
      );
    },
    addresses: async () => {
      const { hooks = [] } = await client.get('/meta', Meta, { lane: 'person' });
      if (hooks.length > 0) return hooks;
      throw new AppError({
        kind: 'unavailable',
        code: 'hook_addresses_missing',
        message: 'GitHub names no addresses that it sends deliveries from.',
        next: 'Switch github.webhooks.onlyFromGithub off.',
      });
    },
    redeliverFailed: async (repository, id, since) => {
      const path = `${hooksOf(repository)}/${id}/deliveries`;
      const deliveries = await client.list(path, HookDelivery, { lane: 'person', fresh: true });
      const isTaken = ({ status_code: status }: z.infer<typeof HookDelivery>): boolean =>
        status >= 200 && status < 300;
      const taken = new Set(deliveries.filter(isTaken).map(({ guid }) => guid));
      const missed = new Map(
        deliveries
          .filter((one) => !taken.has(one.guid) && one.delivered_at >= since)
          .map((one) => [one.guid, one.id]),
      );
      for (const delivery of missed.values()) {
        await client.write(
          {
            method: 'POST',
            path: `${path}/${delivery}/attempts`,
            lane: 'propose',
            createsContent: false,
          },
          z.unknown(),
        );
      }
      return missed.size;
    },
  };
}

function bodyOf({ url, secret, events }: WantedHook) {
  const config = { url, secret, content_type: 'json', insecure_ssl: '0' };
  return { active: true, events, config };
}
