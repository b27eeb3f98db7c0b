import { z } from 'zod';

/** What is encrypted together with a value, so that no row can take the place of another one or of an older one. */
export interface Envelope {
  readonly name: string;
  readonly version: number;
  /** From this moment on the value is not given out; ISO 8601. */
  readonly expiresAt: string | null;
}

const shape = z.strictObject({
  name: z.string(),
  version: z.number().int(),
  expiresAt: z.string().nullable(),
});

/** One line of JSON, then the value's bytes. The caller wipes it. */
export function sealEnvelope(envelope: Envelope, value: Uint8Array): Buffer {
  const { name, version, expiresAt } = envelope;
  return Buffer.concat([Buffer.from(`${JSON.stringify({ name, version, expiresAt })}\n`), value]);
}

/** Takes it apart; `value` is a part of `plain`, so that wiping one wipes both. Null when it is none of ours. */
export function openEnvelope(
  plain: Buffer,
): { readonly envelope: Envelope; readonly value: Buffer } | null {
  const end = plain.indexOf(0x0a);
  if (end < 0) return null;
  try {
    const envelope = shape.parse(JSON.parse(plain.subarray(0, end).toString('utf8')));
    return { envelope, value: plain.subarray(end + 1) };
  } catch {
    // Decrypted and still not ours: somebody else's token under our key.
    return null;
  }
}
