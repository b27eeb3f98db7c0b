import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { MessageFacts, Outbox } from '../../platform/outbox/outbox.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { MessageLine } from './contract.ts';
import { listMessages, listReceivers, sendAgain, testReceiver } from './contract.ts';

export interface NotificationPorts {
  readonly outbox: Pick<Outbox, 'add' | 'list' | 'counts' | 'again'>;
  /** Those of the configuration. */
  readonly receivers: () => readonly {
    readonly name: string;
    readonly url: string;
    readonly events: readonly string[];
    readonly secret: string;
  }[];
  readonly clock: Pick<Clock, 'now'>;
  /** 24 hex digits. */
  readonly newId: () => string;
}

/** `notifications.list`, `.deliveries`, `.redeliver`, `.test`. */
export function notificationHandlers(ports: NotificationPorts): readonly Served[] {
  const { outbox, receivers, clock, newId } = ports;
  return [
    serve(listReceivers, async () => {
      const counts = await outbox.counts();
      return receivers().map(({ name, url, events, secret }) => {
        const { waiting = 0, failed = 0, lastDeliveredAt = null } = counts.get(name) ?? {};
        const last = lastDeliveredAt?.toISOString() ?? null;
        return { name, url, events: [...events], secret, waiting, failed, lastDeliveredAt: last };
      });
    }),
    serve(listMessages, async (query) => {
      const { items, next } = await outbox.list(query);
      return { items: items.map(lineOf), next };
    }),
    serve(sendAgain, async ({ id }) => {
      if (!(await outbox.again(id))) throw unknownMessage(id);
      return { id };
    }),
    serve(testReceiver, async ({ receiver }) => {
      if (!receivers().some(({ name }) => name === receiver)) throw unknownReceiver(receiver);
      const id = newId();
      const timestamp = clock.now().toISOString();
      const body = JSON.stringify({ type: 'ping', timestamp, data: {} });
      await outbox.add(null, [{ id, receiver, type: 'ping', body }]);
      return { id };
    }),
  ];
}

function lineOf(message: MessageFacts): MessageLine {
  const { createdAt, nextAt, endedAt, ...rest } = message;
  return {
    ...rest,
    createdAt: createdAt.toISOString(),
    nextAt: message.state === 'waiting' ? nextAt.toISOString() : null,
    endedAt: endedAt?.toISOString() ?? null,
  };
}

function unknownMessage(id: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'message_unknown',
    message: `There is no message ${id}.`,
    next: 'See `claude-manager notifications deliveries`.',
  });
}

function unknownReceiver(name: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'receiver_unknown',
    message: `The configuration names no receiver "${name}".`,
    next: 'See `claude-manager notifications list`; receivers stand in notifications.webhooks.',
  });
}
