import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whether the header looks like a signature at all; what does not is refused before its body is read. */
export function isSignature(header: string | undefined): header is string {
  return header !== undefined && /^sha256=[0-9a-f]{64}$/u.test(header);
}

/**
 * Whether one of the secrets made `sha256=<hex>` over exactly these bytes (GitHub's X-Hub-Signature-256). Every secret is
 * compared, each in constant time; an empty one signs nothing.
 */
export function isSignedBy(
  secrets: readonly string[],
  body: Uint8Array,
  header: string | undefined,
): boolean {
  if (!isSignature(header)) return false;
  const given = Buffer.from(header.slice('sha256='.length), 'hex');
  let isGood = false;
  for (const secret of secrets) {
    if (secret === '') continue;
    const made = createHmac('sha256', secret).update(body).digest();
    if (timingSafeEqual(made, given)) isGood = true;
  }
  return isGood;
}
