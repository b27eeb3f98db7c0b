import type { Kysely, Selectable } from 'kysely';
import { toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { Database } from '../database/database.ts';
import { type Envelope, openEnvelope, sealEnvelope } from './envelope.ts';
import { decrypt, encrypt, type FernetKey } from './fernet.ts';
import type { Keyring } from './keyring.ts';
import type { VaultTables } from './tables.ts';
import { tampered } from './vault-error.ts';
import type { VaultTrail, Who } from './vault-trail.ts';

export type EntryRow = Selectable<VaultTables['vault_entries']>;

export interface EntryDeps {
  readonly database: Pick<Database, 'kysely'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'bytes'>;
  readonly keyring: Keyring;
  readonly trail: VaultTrail;
}

export interface NewValue {
  readonly name: string;
  readonly kind: EntryRow['kind'];
  /** The caller wipes it. */
  readonly value: Uint8Array;
  readonly expiresAt: Date | null;
  /** The value that stands now goes on to hold until then; null = it ends now. */
  readonly previousUntil: Date | null;
  readonly by: Who;
  readonly act: 'stored' | 'rotated';
  /** Leaves a value that is there as it is. */
  readonly onlyNew: boolean;
}

/** A stored value out of its row. */
export interface OpenedEntry {
  readonly envelope: Envelope;
  /** A part of a buffer of its own; the caller wipes it. */
  readonly value: Buffer;
}

export interface Entries {
  readonly db: Kysely<VaultTables>;
  find(name: string): Promise<EntryRow | null>;
  /** Writes a new version; answers the number of the version that stands then. */
  put(value: NewValue): Promise<number>;
  /**
   * Decrypts the row and proves that it is the one of that name, and the newest that was ever written.
   * Throws AppError `vault_key_missing`, `vault_key_wrong`, `vault_entry_tampered`.
   */
  open(name: string): Promise<{ readonly row: EntryRow; readonly opened: OpenedEntry } | null>;
  /** Whether what the row holds opens and is its own; the trail is not asked. Throws `vault_key_missing`, `vault_key_wrong`. */
  isSound(row: EntryRow): Promise<boolean>;
  /** The value before the last rotation, while it still holds. */
  openPrevious(row: EntryRow): Promise<OpenedEntry | null>;
  remove(name: string, by: Who): Promise<boolean>;
}

export function createEntries(deps: EntryDeps): Entries {
  const db = deps.database.kysely<VaultTables>();
  const find = async (name: string): Promise<EntryRow | null> =>
    (await db
      .selectFrom('vault_entries')
      .selectAll()
      .where('name', '=', name)
      .executeTakeFirst()) ?? null;
  return {
    db,
    find,
    put: async (value) => {
      // Asked before the transaction: reading the trail may chain what waits, on a connection of its own.
      const audited = await deps.trail.latest(value.name);
      return await db
        .transaction()
        .execute(async (open) => await putIn(open, deps, value, audited?.version ?? 0));
    },
    open: async (name) => {
      const row = await newestRow(deps, find, name);
      if (row === null || row.token === null) return null;
      const opened = await openToken(deps, row, row.token, row.key_id);
      if (opened.envelope.version !== row.version) {
        opened.value.fill(0);
        throw tampered(name, 'another version stands in its place');
      }
      return { row, opened };
    },
    isSound: async (row) => {
      if (row.token === null) return true;
      try {
        const { envelope, value } = await openToken(deps, row, row.token, row.key_id);
        value.fill(0);
        return envelope.version === row.version;
      } catch (thrown) {
        if (toAppError(thrown).code === 'vault_entry_tampered') return false;
        throw thrown;
      }
    },
    openPrevious: async (row) => {
      const { previous_token: token, previous_until: until } = row;
      if (token === null || until === null || until <= deps.clock.now()) return null;
      const opened = await openToken(deps, row, token, row.previous_key_id);
      if (opened.envelope.version < row.version) return opened;
      opened.value.fill(0);
      throw tampered(row.name, 'another version stands in the place of the one before');
    },
    remove: async (name, by) =>
      await db.transaction().execute(async (open) => {
        const row = await open
          .selectFrom('vault_entries')
          .select(['version', 'token'])
          .where('name', '=', name)
          .forUpdate()
          .executeTakeFirst();
        if (row === undefined || row.token === null) return false;
        await open
          .updateTable('vault_entries')
          .set({ ...emptied, token: null, key_id: null, changed_at: deps.clock.now() })
          .where('name', '=', name)
          .execute();
        await deps.trail.changed(open, { name, version: row.version, act: 'removed', by });
        return true;
      }),
  };
}

const emptied = {
  previous_token: null,
  previous_key_id: null,
  previous_until: null,
  expires_at: null,
  warned_days: null,
  rotating_until: null,
  rotation_failed_at: null,
  rotation_error: null,
} as const;

async function putIn(
  open: Kysely<VaultTables>,
  deps: EntryDeps,
  { name, kind, value, expiresAt, previousUntil, by, act, onlyNew }: NewValue,
  audited: number,
): Promise<number> {
  const key = await deps.keyring.newest(open);
  const before = await open
    .selectFrom('vault_entries')
    .selectAll()
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst();
  if (onlyNew && before !== undefined && before.token !== null) return before.version;
  const now = deps.clock.now();
  const version = Math.max(before?.version ?? 0, audited) + 1;
  const envelope = { name, version, expiresAt: expiresAt?.toISOString() ?? null };
  const kept =
    before === undefined || previousUntil === null || before.token === null
      ? {}
      : {
          previous_token: before.token,
          previous_key_id: before.key_id,
          previous_until: previousUntil,
        };
  const written = {
    ...emptied,
    ...kept,
    kind,
    version,
    token: closed(deps, key, envelope, value),
    key_id: key.id,
    expires_at: expiresAt,
    changed_at: now,
  };
  await open
    .insertInto('vault_entries')
    .values({ name, created_at: now, ...written })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(written))
    .execute();
  await deps.trail.changed(open, { name, version, act, by });
  return version;
}

function closed(
  { clock, random }: EntryDeps,
  key: FernetKey,
  envelope: Envelope,
  value: Uint8Array,
): string {
  const plain = sealEnvelope(envelope, value);
  try {
    const seconds = Math.floor(clock.now().getTime() / 1000);
    return encrypt(key, plain, { seconds, iv: random.bytes(16) });
  } finally {
    plain.fill(0);
  }
}

/** A row that lags behind what was once written was put back by somebody; one ahead of it was written just now. */
async function newestRow(
  { trail }: EntryDeps,
  find: (name: string) => Promise<EntryRow | null>,
  name: string,
): Promise<EntryRow | null> {
  for (let look = 0; ; look += 1) {
    const row = await find(name);
    if (row === null || row.token === null) return null;
    const latest = await trail.latest(name);
    if (latest === null || (latest.version === row.version && latest.act !== 'removed')) return row;
    if (look < 2) continue;
    throw tampered(
      name,
      latest.act === 'removed'
        ? 'it was removed, and somebody put it back'
        : `the row has version ${row.version}, but version ${latest.version} was written`,
    );
  }
}

async function openToken(
  { keyring }: EntryDeps,
  row: EntryRow,
  token: string,
  keyId: string | null,
): Promise<OpenedEntry> {
  const { keys } = await keyring.holding(keyId ?? '');
  const plain = plainOf(keys, token, row.name);
  const opened = openEnvelope(plain);
  if (opened !== null && opened.envelope.name === row.name) return opened;
  plain.fill(0);
  throw tampered(row.name, 'the value of another entry stands in its place');
}

function plainOf(keys: readonly FernetKey[], token: string, name: string): Buffer {
  try {
    return decrypt(keys, token).plain;
  } catch (cause) {
    throw Object.assign(tampered(name, 'its encrypted value was changed'), { cause });
  }
}
