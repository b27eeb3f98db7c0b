import type { Transaction } from '../../domain/ports/effects.ts';
import type { TaskStore } from '../../domain/ports/stores.ts';
import type { Task } from '../../domain/task.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import type { Served } from '../../operations/gate.ts';
import { notificationHandlers } from '../../operations/notifications/handlers.ts';
import { taskMessages } from '../../operations/notifications/task-message.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Database } from '../../platform/database/database.ts';
import { startPeriodic } from '../../platform/durable/periodic.ts';
import { sendPublic } from '../../platform/outbound/public-url.ts';
import type { Outbox } from '../../platform/outbox/outbox.ts';
import { createOutbox } from '../../platform/outbox/outbox.ts';
import type { ReceiverAddress } from '../../platform/outbox/send-messages.ts';
import { sendMessages } from '../../platform/outbox/send-messages.ts';
import type { Breakers } from '../../platform/resilience/breakers.ts';
import { kyselyOf } from '../../storage/transaction.ts';
import type { Credentials } from '../store/credentials.ts';
import { tellingTaskChanges } from '../store/task-changes.ts';
import { notificationPolicy } from './notification-policy.ts';

/**
 * The same store, and each receiver of the configuration is told of every birth and every change of a state: the message is
 * committed with the change, so that none is lost and none tells of what never was.
 */
export function toldTasks<Store extends TaskStore>(
  store: Store,
  {
    outbox,
    config,
    redact,
  }: {
    readonly outbox: Pick<Outbox, 'add'>;
    readonly config: () => Config;
    readonly redact: (text: string) => string;
  },
): Store {
  const add = async (transaction: Transaction, task: Task, from: Task['state'] | null) => {
    const { webhooks } = config().notifications;
    await outbox.add(kyselyOf(transaction), taskMessages(task, from, webhooks, redact));
  };
  return tellingTaskChanges(store, {
    born: (transaction, task) => add(transaction, task, null),
    moved: (transaction, task, before) => add(transaction, task, before.state),
  });
}

export interface NotificationParts {
  readonly config: () => Config;
  readonly store: {
    readonly database: Pick<Database, 'kysely'>;
    readonly credentials: Pick<Credentials, 'holder'>;
    readonly breakers: Breakers;
  };
  readonly log: Log;
  readonly clock: Clock;
  /** Of this program. */
  readonly version: string;
}

export interface NotificationRooms {
  readonly served: readonly Served[];
  /** Sends what is due until the answer is called. */
  keep(): () => Promise<void>;
}

const sendEveryMs = 1000;
const looksLeftOut = 29;
const pruneEveryMs = 3_600_000;
const dayMs = 86_400_000;

/** Other programs that are told what happens to tasks. */
export function openNotifications(parts: NotificationParts): NotificationRooms {
  const { config, store, log, clock } = parts;
  const outbox = createOutbox(store.database, { clock });
  const deps = { clock, random: systemRandom, log };
  const policy = notificationPolicy(config(), store.breakers);
  return {
    served: notificationHandlers({
      outbox,
      receivers: () => config().notifications.webhooks,
      clock,
      newId: () => systemRandom.bytes(12).toString('hex'),
    }),
    keep: () => {
      const addressOf = addresses(parts);
      let rests = 0;
      const stops = [
        startPeriodic(
          {
            name: 'messages to other programs',
            everyMs: sendEveryMs,
            work: async () => {
              const { allowedHosts, webhooks } = config().notifications;
              // Without a receiver nothing new comes; what waits for one that is gone has time.
              if (webhooks.length > 0) rests = 0;
              else if (rests > 0) {
                rests -= 1;
                return;
              } else rests = looksLeftOut;
              const { timeoutMs } = config().resilience.notifications;
              const post = (url: string, headers: Readonly<Record<string, string>>, body: string) =>
                policy.run(
                  () =>
                    sendPublic(
                      url,
                      { method: 'POST', headers, body, timeoutMs },
                      { allowed: allowedHosts },
                    ),
                  { place: new URL(url).host, failed: ({ status }) => status >= 500 },
                );
              const send = { outbox, addressOf, post, clock, log, version: parts.version };
              while ((await sendMessages(send)) > 0);
            },
          },
          deps,
        ),
        startPeriodic(
          {
            name: 'old messages to other programs',
            everyMs: pruneEveryMs,
            work: async () => {
              const keptMs = config().notifications.keepDays * dayMs;
              await outbox.prune(new Date(clock.now().getTime() - keptMs));
            },
          },
          deps,
        ),
      ];
      return async () => {
        await Promise.all(stops.map((stop) => stop()));
      };
    },
  };
}

/** Where a receiver is reached now; its secrets are asked for again after a while, so that a rotation is seen. */
function addresses({
  config,
  store,
}: NotificationParts): (receiver: string) => Promise<ReceiverAddress | null> {
  const holders = new Map<string, ReturnType<Credentials['holder']>>();
  const secretsOf = async (name: string): Promise<readonly string[]> => {
    const holder =
      holders.get(name) ?? store.credentials.holder(name, 'messages to another program');
    holders.set(name, holder);
    return await holder.all();
  };
  return async (receiver) => {
    const found = config().notifications.webhooks.find(({ name }) => name === receiver);
    if (found === undefined) return null;
    const secrets = await secretsOf(found.secret);
    if (secrets.length === 0) throw noSecret(receiver, found.secret);
    return { url: found.url, secrets };
  };
}

function noSecret(receiver: string, credential: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'webhook_secret_missing',
    message: `Messages to ${receiver} cannot be signed: there is no credential ${credential}.`,
    next: `Store one with \`claude-manager credentials set ${credential}\`.`,
    details: { receiver, credential },
  });
}
