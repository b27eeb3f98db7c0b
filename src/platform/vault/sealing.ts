import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { Entries } from './entries.ts';
import { openEnvelope, sealEnvelope } from './envelope.ts';
import { decrypt, encrypt, type FernetKey, fernetKeyText, parseFernetKey } from './fernet.ts';
import { tampered } from './vault-error.ts';

/**
 * Closes values that another room keeps in its own table (a TOTP secret, a token for a sink). They are closed with a key
 * that lies in the vault, so that a change of the vault's key leaves them as they are.
 */
export interface Sealing {
  /**
   * The value as text for a column of yours. The purpose is closed in with it: name the row it belongs to, for example
   * `totp:<user id>`, and no other row's value opens in its place. A given buffer stays yours to wipe.
   */
  seal(plain: Uint8Array | string, purpose: string): Promise<string>;
  /**
   * The value, which the caller wipes (`fill(0)`). Throws AppError `token_invalid` when the text was changed or belongs
   * to another purpose, and `vault_key_missing`, `vault_key_wrong`.
   */
  open(sealed: string, purpose: string): Promise<Buffer>;
}

const sealingKey = 'sealing-key';
const ourselves = { kind: 'system', name: 'vault' } as const;

export function createSealing(
  entries: Entries,
  { clock, random }: { readonly clock: Pick<Clock, 'now'>; readonly random: Pick<Random, 'bytes'> },
): Sealing {
  let cached: FernetKey | null = null;
  const stored = async (): Promise<FernetKey | null> => {
    const found = await entries.open(sealingKey);
    if (found === null) return null;
    try {
      return parseFernetKey(found.opened.value.toString('utf8'));
    } finally {
      found.opened.value.fill(0);
    }
  };
  const made = async (): Promise<FernetKey | null> => {
    const value = Buffer.from(fernetKeyText(random.bytes(32)));
    try {
      await entries.put({
        name: sealingKey,
        kind: 'sealing',
        value,
        expiresAt: null,
        previousUntil: null,
        by: ourselves,
        act: 'stored',
        onlyNew: true,
      });
    } finally {
      value.fill(0);
    }
    return await stored();
  };
  const key = async (): Promise<FernetKey> => {
    cached ??= (await stored()) ?? (await made());
    if (cached === null) throw tampered(sealingKey, 'it is no key');
    return cached;
  };
  return {
    seal: async (plain, purpose) => {
      const sealing = await key();
      const given = typeof plain === 'string' ? Buffer.from(plain) : plain;
      const closed = sealEnvelope({ name: purpose, version: 0, expiresAt: null }, given);
      try {
        const seconds = Math.floor(clock.now().getTime() / 1000);
        return encrypt(sealing, closed, { seconds, iv: random.bytes(16) });
      } finally {
        closed.fill(0);
        if (typeof plain === 'string') given.fill(0);
      }
    },
    open: async (sealed, purpose) => {
      const { plain } = decrypt([await key()], sealed);
      const opened = openEnvelope(plain);
      if (opened !== null && opened.envelope.name === purpose) return opened.value;
      plain.fill(0);
      throw tampered(purpose, 'the value of another purpose stands in its place');
    },
  };
}
