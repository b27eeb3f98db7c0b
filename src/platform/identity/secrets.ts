import { crc32 } from 'node:zlib';
import { sha256 } from '../../lib/hash.ts';
import type { Random } from '../../lib/random.ts';

/** A 256-bit secret as 43 characters of base64url; only its SHA-256 is ever stored. */
export function newSecret(random: Pick<Random, 'bytes'>): string {
  return random.bytes(32).toString('base64url');
}

/** A public name of a row: 96 bits as hex. */
export function newId(random: Pick<Random, 'bytes'>): string {
  return random.bytes(12).toString('hex');
}

export function isSecret(text: string): boolean {
  return /^[\w-]{43}$/u.test(text);
}

export function hashOf(secret: string): string {
  return sha256(secret);
}

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `cms_`, 256 bits and a CRC-32, both in base 62: 53 characters, so that scanners know a token and a typing error. */
export function newTokenSecret(random: Pick<Random, 'bytes'>): string {
  const body = base62(BigInt(`0x${random.bytes(32).toString('hex')}`), 43);
  return `cms_${body}${checksum(body)}`;
}

export function isTokenSecret(text: string): boolean {
  const body = /^cms_([0-9A-Za-z]{43})[0-9A-Za-z]{6}$/u.exec(text)?.[1];
  return body !== undefined && text.endsWith(checksum(body));
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), 6);
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n)
    text = digits[Number(rest % 62n)] + text;
  return text;
}
