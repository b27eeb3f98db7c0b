import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { AppError } from '../lib/app-error.ts';
import type { Random } from '../lib/random.ts';
import type { SecretBox } from '../platform/identity/deps.ts';

/**
 * AES-256-GCM under a key made from a key file by HKDF-SHA-256 (RFC 5869); the purpose is authenticated, so that a sealed
 * text opens only where it was put.
 */
export function createSecretBox(keyFile: Buffer, random: Pick<Random, 'bytes'>): SecretBox {
  const key = Buffer.from(hkdfSync('sha256', keyFile, '', 'claude-manager identity 1', 32));
  return {
    seal: async (plain, purpose) => {
      const nonce = random.bytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return `box1.${Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url')}`;
    },
    open: async (sealed, purpose) => {
      try {
        const bytes = Buffer.from(sealed.replace(/^box1\./u, ''), 'base64url');
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
          .setAAD(Buffer.from(purpose))
          .setAuthTag(bytes.subarray(-16));
        const body = bytes.subarray(12, -16);
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new AppError({
          kind: 'not_well',
          code: 'sealed_text_unreadable',
          message: 'A sealed secret cannot be opened with the key of this data folder.',
          next: 'Put the key file back from a backup, or enroll the second factor anew.',
          cause,
        });
      }
    },
  };
}
