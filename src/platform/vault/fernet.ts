import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { AppError } from '../../lib/app-error.ts';

/**
 * Fernet (https://github.com/fernet/spec): AES-128-CBC with PKCS #7 padding, then HMAC-SHA256 over
 * version 0x80 | seconds since 1970 (8 bytes, big-endian) | IV (16) | ciphertext, all as base64url with padding.
 */
export interface FernetKey {
  /** Tells keys apart without telling anything of the key: 16 hex characters. */
  readonly id: string;
  readonly signing: KeyObject;
  readonly encryption: KeyObject;
}

/** Seconds for which a token holds, and the moment at which it is asked about (seconds since 1970). */
export interface Freshness {
  readonly ttlSeconds: number;
  readonly nowSeconds: number;
}

const version = 0x80;
const headBytes = 1 + 8 + 16;
const macBytes = 32;
const blockBytes = 16;
/** A clock may be so far ahead of ours, as in Python's `cryptography`. */
const skewSeconds = 60;

/** The key of a text of 44 characters, base64url with padding; null when it is none. The bytes it was read into are wiped. */
export function parseFernetKey(text: string): FernetKey | null {
  if (!/^[A-Za-z0-9_-]{43}=$/u.test(text)) return null;
  const bytes = Buffer.from(text, 'base64url');
  try {
    const id = createHash('sha256').update('claude-manager vault key').update(bytes).digest('hex');
    return {
      id: id.slice(0, 16),
      signing: createSecretKey(bytes.subarray(0, 16)),
      encryption: createSecretKey(bytes.subarray(16)),
    };
  } finally {
    bytes.fill(0);
  }
}

/** The text of a new key, made of 32 random bytes, which are wiped. */
export function fernetKeyText(bytes: Buffer): string {
  const text = toText(bytes);
  bytes.fill(0);
  return text;
}

/** A token over the bytes. `iv` are 16 fresh random bytes. */
export function encrypt(
  key: FernetKey,
  plain: Uint8Array,
  { seconds, iv }: { readonly seconds: number; readonly iv: Uint8Array },
): string {
  const cipher = createCipheriv('aes-128-cbc', key.encryption, iv);
  const head = Buffer.alloc(headBytes);
  head[0] = version;
  head.writeBigUInt64BE(BigInt(seconds), 1);
  head.set(iv, 9);
  const signed = Buffer.concat([head, cipher.update(plain), cipher.final()]);
  return toText(Buffer.concat([signed, macOf(key, signed)]));
}

export interface Opened {
  /** The caller wipes it. */
  readonly plain: Buffer;
  /** When it was encrypted, seconds since 1970. */
  readonly seconds: number;
  readonly key: FernetKey;
}

/**
 * What a token holds, by the first of the keys that signed it. Whatever is wrong with it (text, length, version, age,
 * signature, padding) throws the same AppError `token_invalid`.
 */
export function decrypt(keys: readonly FernetKey[], token: string, freshness?: Freshness): Opened {
  const bytes = bytesOf(token);
  if (bytes === null || bytes[0] !== version) throw invalid();
  const signed = bytes.subarray(0, bytes.length - macBytes);
  const mac = bytes.subarray(bytes.length - macBytes);
  const key = keys.find((one) => timingSafeEqual(macOf(one, signed), mac));
  const seconds = Number(bytes.readBigUInt64BE(1));
  if (key === undefined || !isFresh(seconds, freshness)) throw invalid();
  const plain = deciphered(key, signed);
  if (plain === null) throw invalid();
  return { plain, seconds, key };
}

/** The same value under the newest (first) key, with the time of the old token kept, as MultiFernet does it. */
export function rotateToken(keys: readonly FernetKey[], token: string, iv: Uint8Array): string {
  const { plain, seconds } = decrypt(keys, token);
  const [newest] = keys;
  if (newest === undefined) throw invalid();
  try {
    return encrypt(newest, plain, { seconds, iv });
  } finally {
    plain.fill(0);
  }
}

function deciphered(key: FernetKey, signed: Buffer): Buffer | null {
  const decipher = createDecipheriv('aes-128-cbc', key.encryption, signed.subarray(9, headBytes));
  const first = decipher.update(signed.subarray(headBytes));
  try {
    const last = decipher.final();
    const plain = Buffer.concat([first, last]);
    last.fill(0);
    return plain;
  } catch {
    // The padding is wrong, which is told apart from nothing else.
    return null;
  } finally {
    first.fill(0);
  }
}

function isFresh(seconds: number, freshness: Freshness | undefined): boolean {
  if (freshness === undefined) return true;
  const { ttlSeconds, nowSeconds } = freshness;
  return seconds + ttlSeconds >= nowSeconds && seconds <= nowSeconds + skewSeconds;
}

/** Only the one text that encodes the bytes: a changed bit in the unused end of base64 is a changed token. */
function bytesOf(token: string): Buffer | null {
  const bytes = Buffer.from(token, 'base64url');
  const cipherBytes = bytes.length - headBytes - macBytes;
  if (cipherBytes < blockBytes || cipherBytes % blockBytes !== 0) return null;
  return toText(bytes) === token ? bytes : null;
}

function toText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return text.replaceAll('+', '-').replaceAll('/', '_');
}

function macOf(key: FernetKey, signed: Uint8Array): Buffer {
  return createHmac('sha256', key.signing).update(signed).digest();
}

function invalid(): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'token_invalid',
    message: 'The encrypted value is not valid under any of the keys.',
    next: 'Give the key that it was encrypted with, or store the value again.',
  });
}
