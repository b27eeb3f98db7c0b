import type { Kysely } from 'kysely';
import type { FernetKey } from './fernet.ts';
import type { FoundKeys, KeySource } from './key-source.ts';
import type { VaultTables } from './tables.ts';
import { keyMissing, keyWrong } from './vault-error.ts';

/** The keys of this process, kept in step with the database and with the file. */
export interface Keyring {
  /** Keys among which the one with this id is. Throws AppError `vault_key_missing`, `vault_key_wrong`. */
  holding(keyId: string): Promise<FoundKeys>;
  /**
   * The key that new values are closed with, agreed on under the lock of the vault's state until the transaction ends:
   * the newest we have, never one that somebody else has replaced meanwhile. Makes the first key of an empty vault.
   */
  newest(transaction: Kysely<VaultTables>): Promise<FernetKey>;
  /** The same, read from the source anew: whoever put a key there sees it used. */
  fresh(keyId: string): Promise<FoundKeys>;
  /** Read from the source again; null when there is none. */
  reload(): Promise<FoundKeys | null>;
}

export function createKeyring(source: KeySource): Keyring {
  let cached: FoundKeys | null = null;
  const reload = async (): Promise<FoundKeys | null> => {
    cached = await source.find();
    return cached;
  };
  const withKey = async (keyId: string): Promise<FoundKeys> => {
    if (cached !== null && has(cached, keyId)) return cached;
    const found = await reload();
    if (found === null) throw keyMissing(source.place);
    if (!has(found, keyId)) throw keyWrong(found.place);
    return found;
  };
  return {
    reload,
    holding: withKey,
    fresh: async (keyId) => {
      cached = null;
      return await withKey(keyId);
    },
    newest: async (transaction) => {
      const { key_id: current } = await transaction
        .selectFrom('vault_state')
        .select('key_id')
        .forUpdate()
        .executeTakeFirstOrThrow();
      const found =
        current === null
          ? ((await reload()) ?? (cached = await source.create()))
          : await withKey(current);
      const [newest] = found.keys;
      if (newest === undefined) throw keyMissing(source.place);
      if (newest.id !== current) {
        await transaction.updateTable('vault_state').set({ key_id: newest.id }).execute();
      }
      return newest;
    },
  };
}

function has({ keys }: FoundKeys, keyId: string): boolean {
  return keys.some(({ id }) => id === keyId);
}
