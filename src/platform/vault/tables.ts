import type { ColumnType } from 'kysely';

type Made<T> = ColumnType<T, T | undefined, T>;

export interface VaultTables {
  vault_state: { one: Made<boolean>; key_id: string | null };
  vault_entries: EntryTable;
}

interface EntryTable {
  name: string;
  /** `sealing` is our own key for values that other rooms keep in their tables. */
  kind: 'credential' | 'sealing';
  /** From 1; grows over removals as well. */
  version: number;
  /** Null once removed. */
  token: string | null;
  key_id: string | null;
  /** The value before, as long as it still holds after a rotation. */
  previous_token: Made<string | null>;
  previous_key_id: Made<string | null>;
  previous_until: Made<Date | null>;
  expires_at: Made<Date | null>;
  created_at: Date;
  changed_at: Date;
  usage_count: Made<number>;
  last_used_at: Made<Date | null>;
  last_purpose: Made<string | null>;
  /** The nearest of the days before the end for which a warning was given. */
  warned_days: Made<number | null>;
  /** One process at a time rotates it. */
  rotating_until: Made<Date | null>;
  rotation_failed_at: Made<Date | null>;
  rotation_error: Made<string | null>;
}
