import { createHmac, randomUUID } from 'node:crypto';

/** What GitHub sends: the headers and the bytes of one delivery. */
export interface SignedDelivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A delivery as GitHub signs it. */
export function signDelivery(
  secret: string,
  event: string,
  payload: unknown,
  id: string = randomUUID(),
): SignedDelivery {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/044aadd',
      'x-github-delivery': id,
      'x-github-event': event,
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
  };
}

/** Sends it; answers the status. */
export async function deliver(address: string, { headers, body }: SignedDelivery): Promise<number> {
  const answer = await fetch(`${address}/webhooks/github`, { method: 'POST', headers, body });
  await answer.arrayBuffer();
  return answer.status;
}
