import { type AppError, toAppError } from '../../lib/app-error.ts';
import { type Checkpoint, noCheckpoint } from '../../lib/checkpoint.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Random } from '../../lib/random.ts';
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../database/database.ts';
import { type CredentialFacts, describeEntry } from './describe-entry.ts';
import { createEntries, type Entries, type OpenedEntry } from './entries.ts';
import type { KeySource } from './key-source.ts';
import { createKeyring } from './keyring.ts';
import { type Rekeyed, rekey } from './rekey.ts';
import {
  maintain,
  type RotationDeps,
  type RotationPolicy,
  rotateNow,
  type VaultAlert,
} from './rotation.ts';
import { createSealing, type Sealing } from './sealing.ts';
import { expired, tampered, unknownCredential } from './vault-error.ts';
import { createVaultTrail, type Who } from './vault-trail.ts';

export { vaultMigrations } from './migrations.ts';
export type { Sealing } from './sealing.ts';

export interface SetOptions {
  /** From this moment on it is not given out; null = it holds until it is replaced. */
  readonly expiresAt: Date | null;
  readonly by: Who;
}

/** Encrypted credentials, given out by name and purpose, each use on record. */
export interface Vault extends Sealing {
  /** Stores a new version; the caller wipes the value. Answers the number of the version. */
  set(name: string, value: Uint8Array, options: SetOptions): Promise<number>;
  /** Whether there is a value of this name; counts as no use. */
  has(name: string): Promise<boolean>;
  /**
   * The value as text, for what cannot take bytes (a header, an environment). JavaScript cannot wipe a text, so take it
   * late and let it go early. Counted, audited with the purpose, and made known to the redactor before it leaves.
   * Throws AppError `credential_unknown`, `credential_expired`, `vault_entry_tampered`, `vault_key_missing`,
   * `vault_key_wrong`, `audit_unavailable`.
   */
  use(name: string, purpose: string, by?: Who): Promise<string>;
  /** The same with the value before the last rotation, while it still holds: whoever checks accepts both. Newest first. */
  useAll(name: string, purpose: string, by?: Who): Promise<readonly string[]>;
  /** By name; never a value. */
  list(): Promise<readonly CredentialFacts[]>;
  /** Makes a new value as `security.vault.rotate` says; answers the number of its version. Throws `rotation_failed`, `rotation_not_configured`. */
  rotate(name: string, by: Who): Promise<number>;
  /** Rotates what is due and warns of what ends soon. */
  maintain(): Promise<void>;
  /** Brings everything under the newest key; see rekey.ts. */
  rekey(options: { readonly dropOld: boolean }, by: Who): Promise<Rekeyed>;
  /**
   * Proves that the key opens what is stored. Throws `vault_key_unsafe`, `vault_key_malformed`, `vault_key_missing`,
   * `vault_key_wrong`; answers the names of entries that do not open, which somebody changed in the database.
   */
  check(): Promise<{
    readonly entries: number;
    readonly place: string;
    readonly damaged: readonly string[];
  }>;
  /** What the last `check` found to be wrong, as it throws it or as `use` would; null while all is well or nobody looked. */
  problem(): AppError | null;
  /** Where the keys come from; null when there is none yet, the first value makes one. */
  keyPlace(): Promise<string | null>;
  /** Its value is gone; what was recorded of it stays. False when there was none. */
  remove(name: string, by: Who): Promise<boolean>;
}

export interface VaultDeps {
  readonly database: Pick<Database, 'kysely'>;
  readonly audit: Pick<Audit, 'record' | 'list'>;
  readonly keys: KeySource;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'bytes'>;
  readonly redactor: { register(name: string, value: string): void };
  readonly log: Log;
  readonly correlationId: () => string;
  /** By name of the credential. */
  readonly policies: () => Readonly<Record<string, RotationPolicy>>;
  /** How configured rotators are run. */
  readonly programs: RotationDeps['programs'];
  readonly alert: (alert: VaultAlert) => Promise<void>;
  /** Points at which a test ends the process. */
  readonly checkpoint?: Checkpoint;
}

const ourselves: Who = { kind: 'system', name: 'service' };

export function createVault(deps: VaultDeps): Vault {
  const trail = createVaultTrail(deps.audit, deps.correlationId);
  const keyring = createKeyring(deps.keys);
  const entries = createEntries({ ...deps, keyring, trail });
  const rotation: RotationDeps = { ...deps, entries, trail };
  let problem: AppError | null = null;
  const checked: Vault['check'] = async () => {
    try {
      const found = await check(entries, deps.keys);
      const [first] = found.damaged;
      problem = first === undefined ? null : tampered(first, 'it was changed in the database');
      return found;
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code.startsWith('vault_')) problem = error;
      throw thrown;
    }
  };
  const useAll: Vault['useAll'] = async (name, purpose, by = ourselves) => {
    const found = await entries.open(name);
    if (found === null || found.row.kind !== 'credential') throw unknownCredential(name);
    const previous = await openPrevious(entries, found);
    try {
      requireValid(deps, name, found.opened);
      await entries.db.transaction().execute(async (open) => {
        await open
          .updateTable('vault_entries')
          .set(({ eb }) => ({
            usage_count: eb('usage_count', '+', 1),
            last_used_at: deps.clock.now(),
            last_purpose: purpose,
          }))
          .where('name', '=', name)
          .execute();
        await trail.used(open, { name, version: found.row.version, purpose, by });
      });
      const facts = { credential: name, purpose, version: found.row.version, category: 'security' };
      deps.log.info(facts, 'credential used');
      const values = [found.opened, ...(previous === null ? [] : [previous])];
      return values.map(({ value }) => {
        const text = value.toString('utf8');
        deps.redactor.register(name, text);
        return text;
      });
    } finally {
      found.opened.value.fill(0);
      previous?.value.fill(0);
    }
  };
  return {
    ...createSealing(entries, deps),
    set: async (name, value, { expiresAt, by }) => {
      deps.redactor.register(name, Buffer.from(value).toString('utf8'));
      const kind = 'credential';
      const plain = { name, kind, value, expiresAt, previousUntil: null } as const;
      return await entries.put({ ...plain, by, act: 'stored', onlyNew: false });
    },
    has: async (name) => {
      const row = await entries.find(name);
      return row !== null && row.kind === 'credential' && row.token !== null;
    },
    list: async () => {
      const rows = await entries.db
        .selectFrom('vault_entries')
        .selectAll()
        .where('kind', '=', 'credential')
        .where('token', 'is not', null)
        .orderBy('name')
        .execute();
      return rows.map((row) => describeEntry(row, deps.policies()[row.name], deps.clock.now()));
    },
    rotate: async (name, by) => await rotateNow(rotation, name, by),
    maintain: async () => await maintain(rotation),
    rekey: async ({ dropOld }, by) => {
      const { keys, random, checkpoint = noCheckpoint } = deps;
      const parts = { db: entries.db, keys, keyring, trail, random, checkpoint };
      return await rekey(parts, dropOld, by);
    },
    keyPlace: async () => (await deps.keys.find())?.place ?? null,
    check: checked,
    problem: () => problem,
    useAll,
    use: async (name, purpose, by) => {
      const [value] = await useAll(name, purpose, by);
      if (value === undefined) throw unknownCredential(name);
      return value;
    },
    remove: async (name, by) => await entries.remove(name, by),
  };
}

async function openPrevious(
  entries: Entries,
  { row, opened }: NonNullable<Awaited<ReturnType<Entries['open']>>>,
): Promise<OpenedEntry | null> {
  try {
    return await entries.openPrevious(row);
  } catch (error) {
    opened.value.fill(0);
    throw error;
  }
}

async function check(entries: Entries, keys: KeySource): ReturnType<Vault['check']> {
  const found = await keys.find();
  const damaged: string[] = [];
  let count = 0;
  for (let after = ''; ; ) {
    const rows = await entries.db
      .selectFrom('vault_entries')
      .selectAll()
      .where('token', 'is not', null)
      .where('name', '>', after)
      .orderBy('name')
      .limit(500)
      .execute();
    for (const row of rows) if (!(await entries.isSound(row))) damaged.push(row.name);
    count += rows.length;
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.name;
  }
  return { entries: count, place: found?.place ?? keys.place, damaged };
}

/** The end that was encrypted with the value counts, not the column that is shown. */
function requireValid({ clock, log }: VaultDeps, name: string, { envelope }: OpenedEntry): void {
  const { expiresAt } = envelope;
  if (expiresAt === null || clock.now() < new Date(expiresAt)) return;
  log.warn({ credential: name, expiresAt, category: 'security' }, 'expired credential asked for');
  throw expired(name, expiresAt);
}
