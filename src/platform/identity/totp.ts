import { createHmac } from 'node:crypto';

/** Hash functions of RFC 6238; authenticator apps take SHA-1 for granted. */
export type TotpHash = 'sha1' | 'sha256' | 'sha512';

const stepSeconds = 30;
/** One step before and after: clocks differ, and people type slowly. */
const drift = [-1, 0, 1];

/** RFC 6238: the code of a 30-second step, with leading zeros. */
export function totpCode(
  secret: Uint8Array,
  step: number,
  { digits = 6, hash = 'sha1' }: { readonly digits?: number; readonly hash?: TotpHash } = {},
): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac(hash, secret).update(counter).digest();
  // RFC 4226, 5.3: the last four bits say where 31 bits are taken.
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

export function stepAt(time: Date): number {
  return Math.floor(time.getTime() / 1000 / stepSeconds);
}

/** The steps around now whose code this is, newest first. A used one is for the caller to refuse. */
export function stepsOfCode(secret: Uint8Array, code: string, now: Date): readonly number[] {
  const plain = code.replace(/\s/gu, '');
  if (!/^\d{6}$/u.test(plain)) return [];
  const step = stepAt(now);
  return drift
    .map((offset) => step + offset)
    .filter((one) => totpCode(secret, one) === plain)
    .toReversed();
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 base 32 without padding. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let [value, bits] = [0, 0];
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(value >> bits) & 31];
    }
  }
  return bits === 0 ? text : text + alphabet[(value << (5 - bits)) & 31];
}

/** What authenticator apps read from a QR code. */
export function totpUri(secret: Uint8Array, account: string, issuer: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  const query = `secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=6&period=${stepSeconds}`;
  return `otpauth://totp/${label}?${query}`;
}
