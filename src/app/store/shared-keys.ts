import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { AppError } from '../../lib/app-error.ts';
import { sha256 } from '../../lib/hash.ts';
import type { Random } from '../../lib/random.ts';
import type { Database } from '../../platform/database/database.ts';
import type { Migration } from '../../platform/database/migrate.ts';
import { loadOrCreateKey } from '../../platform/effects/key-file.ts';

/** Which keys the processes of a database use: a process with another one would not know what the others made. */
export const sharedKeysMigration: Migration = {
  id: 'app-0002-shared-keys',
  up: async (db) => {
    await sql`create table shared_keys (
      name text primary key, fingerprint text not null, since timestamptz not null default now())`.execute(
      db,
    );
  },
};

/**
 * A key below `keys` of the data folder, made when it is missing and no process of this database has one yet. Throws
 * AppError `key_missing_here`, `key_differs` (kind not_well), and what `loadOrCreateKey` throws.
 */
export async function loadSharedKey(
  name: string,
  {
    database,
    dataDir,
    random,
  }: {
    readonly database: Pick<Database, 'kysely'>;
    readonly dataDir: string;
    readonly random: Random;
  },
): Promise<Buffer> {
  const db = database.kysely();
  const file = join(dataDir, 'keys', `${name}.key`);
  const known = async (): Promise<string | undefined> =>
    (
      await sql<{
        fingerprint: string;
      }>`select fingerprint from shared_keys where name = ${name}`.execute(db)
    ).rows[0]?.fingerprint;
  if ((await known()) !== undefined && !(await isThere(file))) throw missing(file);
  const key = await loadOrCreateKey(file, random);
  const mine = fingerprintOf(name, key);
  await sql`insert into shared_keys (name, fingerprint) values (${name}, ${mine}) on conflict do nothing`.execute(
    db,
  );
  if ((await known()) !== mine) throw differs(file);
  return key;
}

/**
 * Whether the keys of a database that is about to come here are here: `named` is what its table says. Makes none. Throws
 * AppError `key_missing_here`, `key_differs`, and what `loadOrCreateKey` throws.
 */
export async function requireSharedKeys(
  named: readonly { readonly name: string; readonly fingerprint: string }[],
  { dataDir, random }: { readonly dataDir: string; readonly random: Random },
): Promise<void> {
  for (const { name, fingerprint } of named) {
    const file = join(dataDir, 'keys', `${name}.key`);
    if (!(await isThere(file))) throw missing(file, 'The database of the backup');
    const key = await loadOrCreateKey(file, random);
    if (fingerprintOf(name, key) !== fingerprint)
      throw differs(file, 'the processes of the database in the backup');
  }
}

function fingerprintOf(name: string, key: Buffer): string {
  return sha256(`claude-manager ${name} ${key.toString('hex')}`).slice(0, 16);
}

async function isThere(file: string): Promise<boolean> {
  return await lstat(file).then(
    () => true,
    () => false,
  );
}

const next =
  'Copy the folder `keys` of the data folder of the first process here (docs/guides/scale-out.md), or of a backup.';

function missing(file: string, whose = 'This database'): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'key_missing_here',
    message: `${whose} is used with a key that is not here: ${file} is missing.`,
    next,
    details: { file },
  });
}

function differs(file: string, who = 'the processes of this database'): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'key_differs',
    message: `The key ${file} is another one than ${who} use, so what they made would not be known here.`,
    next,
    details: { file },
  });
}
