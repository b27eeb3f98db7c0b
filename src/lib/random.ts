import { randomBytes, randomUUID } from 'node:crypto';

/** Randomness as an argument. */
export interface Random {
  bytes(length: number): Buffer;
  /** A version 4 UUID (RFC 9562). */
  uuid(): string;
  /** Uniform on [0, 1). */
  fraction(): number;
}

/** Node draws the randomness of many UUIDs at once. */
export const systemRandom: Random = { ...createRandom(randomBytes), uuid: () => randomUUID() };

/** Builds the port from one source of bytes. */
export function createRandom(bytes: (length: number) => Buffer): Random {
  return {
    bytes,
    uuid: () => {
      const raw = bytes(16);
      raw[6] = ((raw[6] ?? 0) & 0x0f) | 0x40;
      raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80;
      return raw.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    },
    fraction: () => bytes(6).readUIntBE(0, 6) / 2 ** 48,
  };
}
