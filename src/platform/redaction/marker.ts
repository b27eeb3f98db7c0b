import { createHmac, type KeyObject } from 'node:crypto';

/** What stands for a secret: its kind, and the hex that tells equal ones from different ones. */
export type Marker = (kind: string, secret: string) => string;

/** The digest of the last secret is kept: one often stands in a text many times. The key is asked for once. */
export function createMarker(keyOf: () => KeyObject): Marker {
  let key: KeyObject | undefined;
  let last = { secret: '', hex: '' };
  return (kind, secret) => {
    if (secret !== last.secret) {
      key ??= keyOf();
      const hex = createHmac('sha256', key).update(secret).digest('hex').slice(0, 6);
      last = { secret, hex };
    }
    return `[REDACTED:${kind}:${last.hex}]`;
  };
}
