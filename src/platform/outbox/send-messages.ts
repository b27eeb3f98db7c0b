import { messageOf, toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Answer } from '../outbound/public-url.ts';
import type { Message, Outbox, TryResult } from './outbox.ts';
import { signatureHeaders } from './sign.ts';

/** Where one receiver is reached. */
export interface ReceiverAddress {
  readonly url: string;
  /** The newest first; never empty. */
  readonly secrets: readonly string[];
}

export interface SenderDeps {
  readonly outbox: Pick<Outbox, 'take' | 'tried'>;
  /** Null when nobody of that name is configured any more. Throws AppError when its secret is not there. */
  readonly addressOf: (receiver: string) => Promise<ReceiverAddress | null>;
  readonly post: (
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ) => Promise<Answer>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Of this program. */
  readonly version: string;
}

/** Messages under way at once; a receiver that hangs holds up only its own share of them until the deadline. */
const atOnce = 16;

/** Sends what is due; answers how many were tried. Each may arrive twice, when the answer is lost: its id tells. */
export async function sendMessages(deps: SenderDeps): Promise<number> {
  const due = await deps.outbox.take(atOnce);
  await Promise.all(
    due.map(async (message) => {
      const result = await sendOne(deps, message);
      await deps.outbox.tried(message.id, result);
      const { receiver, type, attempts } = message;
      const facts = { receiver, type, message: message.id, attempts, status: result.status };
      if (result.isDelivered) deps.log.debug(facts, 'a message arrived');
      else deps.log.warn({ ...facts, problem: result.problem }, 'a message did not arrive');
    }),
  );
  return due.length;
}

async function sendOne(
  { addressOf, post, clock, version }: SenderDeps,
  message: Message,
): Promise<TryResult> {
  try {
    const address = await addressOf(message.receiver);
    if (address === null) return notDelivered(null, 'nobody of this name is configured', true);
    const headers = {
      'content-type': 'application/json',
      'user-agent': `claude-manager/${version}`,
      ...signatureHeaders(message, clock.now(), address.secrets),
    };
    const { status } = await post(address.url, headers, message.body);
    if (status >= 200 && status < 300)
      return { isDelivered: true, isCounted: true, isFinal: true, status, problem: null };
    // 410: the receiver wants no more of it (Standard Webhooks, "Webhook failures").
    return notDelivered(status, `it answered ${status}`, status === 410);
  } catch (error) {
    const isCounted = toAppError(error).code !== 'circuit_open';
    return { ...notDelivered(null, messageOf(error), false), isCounted };
  }
}

function notDelivered(status: number | null, problem: string, isFinal: boolean): TryResult {
  return { isDelivered: false, isCounted: true, isFinal, status, problem };
}
