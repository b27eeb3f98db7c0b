import type { AddRoutes } from '../../doors/http/server.ts';
import { webhookRoute } from '../../doors/webhooks/route.ts';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import type { CreatedGuard } from '../../operations/guard.ts';
import type { LookPorts } from '../../operations/webhooks/look.ts';
import { createLook } from '../../operations/webhooks/look.ts';
import { laneOf } from '../../operations/webhooks/looks.ts';
import { processDeliveries } from '../../operations/webhooks/process-deliveries.ts';
import { createSenderAddresses } from '../../operations/webhooks/sender-addresses.ts';
import type { Config } from '../../platform/config/schema.ts';
import { startPeriodic } from '../../platform/durable/periodic.ts';
import { createInbox, type Inbox } from '../../platform/inbox/inbox.ts';
import {
  correlationIdHere,
  currentCorrelationId,
  withContext,
} from '../../platform/logging/context.ts';
import { addressGroup } from '../../platform/ratelimit/client-address.ts';
import { createSlidingWindow } from '../../platform/ratelimit/sliding-window.ts';
import { countObjective } from '../../platform/telemetry/objectives.ts';
import type { Telemetry } from '../../platform/telemetry/telemetry.ts';
import type { StoreRooms } from '../store/open-store.ts';
import type { HookParts } from './open-hooks.ts';
import { askForMissed, hooksOf, webhookSecret } from './open-hooks.ts';

export interface WebhookRooms {
  /** The address that GitHub sends to. */
  readonly route: AddRoutes;
  /** Works through deliveries, of whichever process took them, until the answer is called. */
  work(): () => Promise<void>;
}

export interface WebhookParts extends LookPorts, HookParts {
  readonly config: () => Config;
  readonly store: Pick<StoreRooms, 'database' | 'credentials' | 'audit' | 'vault' | 'see'>;
  readonly guard: Pick<CreatedGuard, 'admit'>;
  readonly telemetry: Pick<Telemetry, 'measure' | 'record'>;
  readonly log: Log;
  /** Tells the process that works through deliveries, wherever it is. */
  readonly tell: () => void;
  /** Whether this process works through them now. */
  readonly leads: () => boolean;
  /** Calls back when another process has taken a delivery; answers what stops it. */
  readonly onDelivery: (call: () => void) => () => Promise<void>;
}

const dayMs = 86_400_000;

/** Deliveries from GitHub: taken by the server, worked through beside the loop, which may be in another process. */
export function openWebhooks(parts: WebhookParts): WebhookRooms {
  const { config, store, log } = parts;
  const deps = { clock: systemClock, random: systemRandom, log };
  const inbox = createInbox(store.database, deps);
  const secrets = store.credentials.holder(webhookSecret, 'deliveries from GitHub');
  let wake: () => void = () => undefined;
  const route = webhookRoute({
    path: config().github.webhooks.path,
    secrets: () => secrets.all(),
    store: async (delivery) => {
      const isNew = await inbox.store(delivery, laneOf(delivery.event));
      if (isNew) {
        wake();
        parts.tell();
      }
      return isNew;
    },
    nowMs: () => systemClock.monotonicMs(),
    onStored: (ended) =>
      countObjective(parts.telemetry, 'webhook_stored', {
        ...ended,
        correlationId: currentCorrelationId(),
      }),
    refuseSender: refuseSender(parts),
    forged: countForged(parts),
  });
  return {
    route,
    work: () => {
      const mine: Pick<Inbox, 'due' | 'done' | 'failed'> = {
        ...inbox,
        due: async (lane, limit) => (parts.leads() ? await inbox.due(lane, limit) : []),
      };
      const processor = processDeliveries({
        inbox: mine,
        look: createLook(parts),
        see: store.see,
        within: (id, { kind }, body) =>
          withContext(
            { correlationId: id, operation: `webhooks.look.${kind}`, userId: 'github' },
            () => parts.telemetry.measure('job', 'delivery', body),
          ),
        ...deps,
      });
      wake = () => processor.wake();
      const stopHearing = parts.onDelivery(() => processor.wake());
      const over = new AbortController();
      void askOnceLeading(parts, secrets, over.signal).catch((error: unknown) => {
        if (!over.signal.aborted) log.warn({ error }, 'missed deliveries could not be asked for');
      });
      const stopPruning = startPeriodic(
        {
          name: 'old deliveries',
          everyMs: dayMs / 24,
          work: async () => {
            const keptMs = config().github.webhooks.keepDays * dayMs;
            await inbox.prune(new Date(systemClock.now().getTime() - keptMs));
          },
        },
        deps,
      );
      return async () => {
        wake = () => undefined;
        over.abort();
        await Promise.all([processor.close(), stopPruning(), stopHearing()]);
      };
    },
  };
}

/** Who begins does not lead yet, and who takes over does later; what came while nobody led was missed as well. */
async function askOnceLeading(
  parts: WebhookParts,
  secrets: { all(): Promise<readonly string[]> },
  signal: AbortSignal,
): Promise<void> {
  while (!parts.leads()) await systemClock.sleep(leadLookMs, signal);
  if ((await secrets.all()).length > 0) await askForMissed(parts);
}

const leadLookMs = 500;

/** Where it is wanted, only GitHub's own addresses may send. */
function refuseSender(parts: WebhookParts): (address: string) => Promise<AppError | null> {
  const senders = createSenderAddresses({
    read: () => hooksOf(parts).addresses(),
    clock: systemClock,
    log: parts.log,
  });
  return async (address) => {
    if (!parts.config().github.webhooks.onlyFromGithub) return null;
    return (await senders.includes(address)) ? null : fromElsewhere();
  };
}

function fromElsewhere(): AppError {
  return new AppError({
    kind: 'forbidden',
    code: 'delivery_from_elsewhere',
    message: 'Deliveries are taken from the addresses of GitHub only, and this is none of them.',
    next: 'Behind a proxy name it in server.trustedProxies, or switch github.webhooks.onlyFromGithub off.',
  });
}

const forgedPerMinute = 20;

/** A forged delivery counts like a call of a stranger; the audit log hears of one a source and minute. */
function countForged({ guard, store, log }: WebhookParts): (clientId: string) => Promise<AppError> {
  const window = (limit: number) =>
    createSlidingWindow({ limit: () => limit, windowMs: 60_000, maxKeys: 10_000 });
  const told = window(1);
  const forged = window(forgedPerMinute);
  return async (clientId) => {
    const nowMs = systemClock.monotonicMs();
    const source = addressGroup(clientId);
    const correlationId = correlationIdHere(systemRandom);
    const actor = { kind: 'anonymous', name: 'anonymous' } as const;
    if (told.take(source, nowMs).isAllowed) {
      log.warn({ source, category: 'security' }, 'a delivery was not signed with our secret');
      await store.audit.record(null, {
        event: 'webhook.forged',
        outcome: 'refused',
        actor,
        source: clientId,
        target: null,
        correlationId,
        facts: {},
      });
    }
    const call = { operation: 'webhooks.receive', effect: 'write', door: 'http' } as const;
    const refusal = await guard.admit({ ...call, actor, clientId, correlationId });
    if (refusal !== null) return refusal.error;
    const { isAllowed, retryAfterMs } = forged.take(source, nowMs);
    return isAllowed ? notSigned() : tooMany(Math.max(1, Math.ceil(retryAfterMs / 1000)));
  };
}

function notSigned(): AppError {
  return new AppError({
    kind: 'unauthenticated',
    code: 'signature_invalid',
    message: 'The delivery is not signed with the secret of this service.',
    next: `Give the hook the secret that stands here as ${webhookSecret}: \`claude-manager webhooks setup\`.`,
  });
}

function tooMany(retryAfterSeconds: number): AppError {
  return new AppError({
    kind: 'rate_limited',
    code: 'rate_limited',
    message: 'Too many deliveries without a good signature.',
    next: `Wait ${retryAfterSeconds} s.`,
    details: {
      limit: forgedPerMinute,
      remaining: 0,
      resetSeconds: retryAfterSeconds,
      retryAfterSeconds,
    },
  });
}
