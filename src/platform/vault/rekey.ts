import { type Kysely, type Selectable, sql } from 'kysely';
import type { Checkpoint } from '../../lib/checkpoint.ts';
import type { Random } from '../../lib/random.ts';
import { advisoryKey } from '../database/advisory-locks.ts';
import { letStand } from '../database/standstill.ts';
import { decrypt, type FernetKey, rotateToken } from './fernet.ts';
import type { FoundKeys, KeySource } from './key-source.ts';
import type { Keyring } from './keyring.ts';
import type { VaultTables } from './tables.ts';
import { keyMissing, noNewKey, rekeyUnderWay, tampered } from './vault-error.ts';
import type { VaultTrail, Who } from './vault-trail.ts';

export interface Rekeyed {
  /** The key that everything is under now. */
  readonly keyId: string;
  /** Where it lies. */
  readonly place: string;
  /** Whether we made the key now; false when it had been put there, or when an earlier change of keys was brought to its end. */
  readonly madeKey: boolean;
  /** Tokens that were encrypted anew. */
  readonly entries: number;
  /** Keys that open nothing of the vault any more, and whether they were taken out of the file. */
  readonly unusedKeys: readonly string[];
  readonly dropped: boolean;
}

export interface RekeyDeps {
  readonly db: Kysely<VaultTables>;
  readonly keys: KeySource;
  readonly keyring: Keyring;
  readonly trail: VaultTrail;
  readonly random: Pick<Random, 'bytes'>;
  readonly checkpoint: Checkpoint;
}

const batchSize = 200;

/**
 * Brings every token under the newest key, with its time kept. Each batch is a transaction of its own and what is done
 * stays done, so that a kill at any point leaves every value readable and the next call goes on from there. An old key
 * leaves the file only after every token was opened with the newest key alone.
 */
export async function rekey(deps: RekeyDeps, dropOld: boolean, by: Who): Promise<Rekeyed> {
  return await deps.db.transaction().execute(async (lock) => {
    // Two at once would write over each other's key file.
    const taken = await sql<{ taken: boolean }>`
      select pg_try_advisory_xact_lock(${advisoryKey('vault rekey')}) as taken`.execute(lock);
    if (taken.rows[0]?.taken !== true) throw rekeyUnderWay();
    await letStand(lock);
    return await rekeyAlone(deps, dropOld, by);
  });
}

async function rekeyAlone(deps: RekeyDeps, dropOld: boolean, by: Who): Promise<Rekeyed> {
  const { found, madeKey } = await keysToUse(deps, dropOld);
  const [newest] = found.keys;
  if (newest === undefined) throw keyMissing(deps.keys.place);
  await deps.checkpoint('vault.key.made');
  await deps.db.transaction().execute(async (open) => await deps.keyring.newest(open));
  await deps.checkpoint('vault.key.chosen');
  const entries = await moveAll(deps, found.keys, newest);
  const unused = found.keys.slice(1).map(({ id }) => id);
  await requireAllUnder(deps.db, newest);
  await deps.trail.noted(
    'credential.rekeyed',
    'ok',
    null,
    { keyId: newest.id, entries, unusedKeys: unused },
    by,
  );
  const dropped = dropOld && unused.length > 0 && found.writable;
  if (dropped) await drop(deps, newest);
  return { keyId: newest.id, place: found.place, madeKey, entries, unusedKeys: unused, dropped };
}

/** A key that nothing is under yet, or a change that was not brought to its end, is taken up; else a new key is made. */
async function keysToUse(
  { db, keys, keyring }: RekeyDeps,
  dropOld: boolean,
): Promise<{ readonly found: FoundKeys; readonly madeKey: boolean }> {
  const { key_id: current } = await db
    .selectFrom('vault_state')
    .select('key_id')
    .executeTakeFirstOrThrow();
  const found = current === null ? await keyring.reload() : await keyring.fresh(current);
  if (found === null) return { found: await keys.create(), madeKey: true };
  const newest = found.keys[0]?.id ?? '';
  const isUnderWay = current !== newest || (await countUnder(db, newest)).others > 0;
  // Who asks to drop what is left over gets that, not yet another key.
  const isLeftOver = dropOld && found.writable && found.keys.length > 1;
  if (isUnderWay || isLeftOver) return { found, madeKey: false };
  if (!found.writable) throw noNewKey(found.place);
  await keys.write({ add: true, keep: new Set(found.keys.map(({ id }) => id)) });
  const added = await keyring.reload();
  if (added === null) throw keyMissing(keys.place);
  return { found: added, madeKey: true };
}

type Row = Pick<
  Selectable<VaultTables['vault_entries']>,
  'name' | 'token' | 'key_id' | 'previous_token' | 'previous_key_id'
>;

async function moveAll(
  { db, random, checkpoint }: RekeyDeps,
  keys: readonly FernetKey[],
  newest: FernetKey,
): Promise<number> {
  let moved = 0;
  for (;;) {
    const batch = await db.transaction().execute(async (open) => {
      const rows = await notUnder(open, newest.id).limit(batchSize).forUpdate().execute();
      for (const row of rows) {
        await open
          .updateTable('vault_entries')
          .set({
            token: movedToken(row.name, row.token, keys, random),
            key_id: row.token === null ? null : newest.id,
            previous_token: movedToken(row.name, row.previous_token, keys, random),
            previous_key_id: row.previous_token === null ? null : newest.id,
          })
          .where('name', '=', row.name)
          .execute();
      }
      return rows.length;
    });
    moved += batch;
    await checkpoint('vault.batch.moved');
    if (batch === 0) return moved;
  }
}

function notUnder(db: Kysely<VaultTables>, keyId: string) {
  return db
    .selectFrom('vault_entries')
    .select(['name', 'token', 'key_id', 'previous_token', 'previous_key_id'])
    .where((eb) => eb.or([eb('key_id', '!=', keyId), eb('previous_key_id', '!=', keyId)]))
    .orderBy('name');
}

async function countUnder(
  db: Kysely<VaultTables>,
  keyId: string,
): Promise<{ readonly others: number }> {
  const rows = await notUnder(db, keyId).limit(1).execute();
  return { others: rows.length };
}

function movedToken(
  name: string,
  token: string | null,
  keys: readonly FernetKey[],
  random: Pick<Random, 'bytes'>,
): string | null {
  if (token === null) return null;
  try {
    return rotateToken(keys, token, random.bytes(16));
  } catch (cause) {
    throw Object.assign(tampered(name, 'its encrypted value opens with none of the keys'), {
      cause,
    });
  }
}

/** Proves it with the tokens themselves, not with what the column says. */
async function requireAllUnder(db: Kysely<VaultTables>, key: FernetKey): Promise<void> {
  for (let after = ''; ; ) {
    const rows: Row[] = await db
      .selectFrom('vault_entries')
      .select(['name', 'token', 'key_id', 'previous_token', 'previous_key_id'])
      .where('name', '>', after)
      .orderBy('name')
      .limit(1000)
      .execute();
    for (const { name, token, previous_token: previous } of rows) {
      for (const one of [token, previous]) if (one !== null) requireUnder(name, one, key);
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.name;
  }
}

function requireUnder(name: string, token: string, key: FernetKey): void {
  try {
    decrypt([key], token).plain.fill(0);
  } catch (cause) {
    throw Object.assign(tampered(name, 'its encrypted value does not open with the new key'), {
      cause,
    });
  }
}

/** Under the lock of every write, so that nothing comes in under an old key while it is dropped. */
async function drop({ db, keys, keyring, checkpoint }: RekeyDeps, newest: FernetKey) {
  await db.transaction().execute(async (open) => {
    await open.selectFrom('vault_state').select('key_id').forUpdate().execute();
    await requireAllUnder(open, newest);
    await checkpoint('vault.key.dropping');
    await keys.write({ add: false, keep: new Set([newest.id]) });
  });
  await keyring.reload();
  await checkpoint('vault.key.dropped');
}
