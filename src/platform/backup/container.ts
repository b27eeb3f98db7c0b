import { createHash, createHmac, type Hmac } from 'node:crypto';

/**
 * The frame of a sealed file (docs/backup-format.md): one line that names the format, the body compressed by Zstandard,
 * one line with the seal over everything before it.
 */
const formatName = 'claude-manager-backup';

/** What a sealed file may be; its first line is its name and a version. */
export interface SealedFormat {
  readonly name: string;
  readonly magic: Buffer;
}

const formatOf = (name: string): SealedFormat => ({
  name,
  magic: Buffer.from(`${name} 1\n`, 'latin1'),
});

/** A logical copy of all tables. */
export const backupFormat = formatOf(formatName);
/** A copy of the database folder, or a piece of the write-ahead log. */
export const archiveFormat = formatOf('claude-manager-archive');

const sealPattern = /^\nhmac-sha256 ([0-9a-f]{16}) ([0-9a-f]{64})\n$/u;

/** Bytes that the seal takes at the end of the file. */
export const sealBytes = 1 + 12 + 16 + 1 + 64 + 1;

/** The key of the key file is used for nothing by itself, so that the same file may serve another purpose. */
function derived(key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${formatName} seal`).digest();
}

/** Tells keys apart without telling anything about them. */
export function keyIdOf(key: Uint8Array): string {
  return createHash('sha256')
    .update(`${formatName} key id`)
    .update(derived(key))
    .digest('hex')
    .slice(0, 16);
}

/** Takes in every byte of the file before the seal. */
export function createSealer(key: Uint8Array): Hmac {
  return createHmac('sha256', derived(key));
}

export function sealLine(key: Uint8Array, sealer: Hmac): Buffer {
  return Buffer.from(`\nhmac-sha256 ${keyIdOf(key)} ${sealer.digest('hex')}\n`, 'latin1');
}

/** Null when these bytes are no seal. */
export function readSeal(
  bytes: Uint8Array,
): { readonly keyId: string; readonly mac: Buffer } | null {
  const [, keyId, mac] = sealPattern.exec(Buffer.from(bytes).toString('latin1')) ?? [];
  if (keyId === undefined || mac === undefined) return null;
  return { keyId, mac: Buffer.from(mac, 'hex') };
}
