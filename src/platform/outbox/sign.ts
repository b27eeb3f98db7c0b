import { createHmac } from 'node:crypto';

/** What a message is signed with: the bytes behind `whsec_`, or those of the text when it has no such form. */
export function signingKey(secret: string): Buffer {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/u.exec(secret) ?? [];
  return encoded === undefined ? Buffer.from(secret, 'utf8') : Buffer.from(encoded, 'base64');
}

/**
 * The headers of the Standard Webhooks specification 1.0 (standardwebhooks.com): HMAC-SHA256 over id, seconds and body. After a
 * rotation there is one signature for each secret that still holds.
 */
export function signatureHeaders(
  { id, body }: { readonly id: string; readonly body: string },
  at: Date,
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(at.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const mac = createHmac('sha256', signingKey(secret)).update(`${id}.${seconds}.${body}`);
    return `v1,${mac.digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': signatures.join(' '),
  };
}
