import { AppError, messageOf } from '../../lib/app-error.ts';
import type { DeliveryFacts, Inbox } from '../../platform/inbox/inbox.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { DeliveryLine, HookLine } from './contract.ts';
import { listDeliveries, listWebhooks, setUpWebhooks, workAgain } from './contract.ts';

/** What a delivery can make us look at; other events are not asked for. */
const hookEvents = [
  'check_suite',
  'issue_comment',
  'issues',
  'pull_request',
  'pull_request_review',
  'push',
  'repository',
];

interface Hook {
  readonly id: number;
  readonly url: string;
  readonly active: boolean;
  readonly events: readonly string[];
  readonly isSound: boolean;
}

export interface WebhookPorts {
  readonly inbox: Pick<Inbox, 'list' | 'again'>;
  readonly hooks: () => {
    list(repository: string): Promise<readonly Hook[]>;
    create(repository: string, hook: WantedHook): Promise<void>;
    update(repository: string, id: number, hook: WantedHook): Promise<void>;
  };
  /** Names of the manager repository and of all watched ones on GitHub. */
  readonly repositories: () => Promise<readonly string[]>;
  /** The newest secret; undefined while there is none. */
  readonly secret: () => Promise<string | undefined>;
  /** Where GitHub reaches us; null when that is not configured. */
  readonly address: () => string | null;
  readonly path: () => string;
}

interface WantedHook {
  readonly url: string;
  readonly secret: string;
  readonly events: readonly string[];
}

export function webhookHandlers(ports: WebhookPorts): readonly Served[] {
  return [
    serve(listWebhooks, async () => {
      const url = addressOf(ports, undefined);
      const lines: HookLine[] = [];
      for (const repository of await ports.repositories())
        lines.push(await look(ports, repository, url));
      return lines;
    }),
    serve(setUpWebhooks, async (input, { progress }) => {
      const url = addressOf(ports, input.url);
      const secret = await ports.secret();
      if (secret === undefined) throw noSecret();
      const lines = [];
      for (const repository of await ports.repositories()) {
        progress(`looking at the hooks of ${repository}`);
        lines.push(await setUp(ports, repository, { url, secret, events: hookEvents }));
      }
      return lines;
    }),
    serve(listDeliveries, async (query) => {
      const { items, next } = await ports.inbox.list(query);
      return { items: items.map(lineOf), next };
    }),
    serve(workAgain, async ({ id }) => {
      if ((await ports.inbox.again([id])) === 0) throw unknownDelivery(id);
      return { id };
    }),
  ];
}

function lineOf({ nextAt: _next, ...delivery }: DeliveryFacts): DeliveryLine {
  return {
    ...delivery,
    receivedAt: delivery.receivedAt.toISOString(),
    endedAt: delivery.endedAt?.toISOString() ?? null,
  };
}

/** Found by its address: one of ours is put right, and none is made twice. The secret is always set, as it cannot be read. */
async function setUp(ports: WebhookPorts, repository: string, wanted: WantedHook) {
  const { url } = wanted;
  try {
    const mine = (await ports.hooks().list(repository)).find((one) => one.url === url);
    if (mine === undefined) await ports.hooks().create(repository, wanted);
    else await ports.hooks().update(repository, mine.id, wanted);
    const done = mine === undefined ? ('created' as const) : ('updated' as const);
    return { repository, url, state: 'good' as const, problem: null, done };
  } catch (thrown) {
    const problem = messageOf(thrown);
    return { repository, url, state: 'unknown' as const, problem, done: 'failed' as const };
  }
}

async function look(ports: WebhookPorts, repository: string, url: string): Promise<HookLine> {
  try {
    const mine = (await ports.hooks().list(repository)).find((one) => one.url === url);
    if (mine === undefined) return { repository, url, state: 'missing', problem: null };
    const isWhole = hookEvents.every(
      (one) => mine.events.includes(one) || mine.events.includes('*'),
    );
    const isGood = mine.active && mine.isSound && isWhole;
    return { repository, url, state: isGood ? 'good' : 'wrong', problem: null };
  } catch (thrown) {
    return { repository, url, state: 'unknown', problem: messageOf(thrown) };
  }
}

function addressOf(ports: WebhookPorts, given: string | undefined): string {
  const base = given ?? ports.address();
  if (base !== null) return new URL(ports.path(), base).href;
  throw new AppError({
    kind: 'invalid_input',
    code: 'public_url_missing',
    message: 'It is not known where GitHub reaches this service.',
    next: 'Set server.publicUrl, or say it with --url.',
  });
}

function noSecret(): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'webhook_secret_missing',
    message: 'There is no GITHUB_WEBHOOK_SECRET that deliveries could be signed with.',
    next: 'Store one with `claude-manager credentials set GITHUB_WEBHOOK_SECRET`.',
  });
}

function unknownDelivery(id: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'delivery_unknown',
    message: `There is no delivery ${id}.`,
    next: 'See `claude-manager webhooks deliveries`.',
  });
}
