import { sql } from 'kysely';
import { AppError } from '../../lib/app-error.ts';
import { nameKey } from './client-key.ts';
import type { IdentityDatabase, IdentityDeps } from './deps.ts';
import { newId } from './secrets.ts';
import type { Grant } from './tables.ts';

/** One account, without anything secret. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly isDisabled: boolean;
  readonly mustChangePassword: boolean;
  readonly hasPassword: boolean;
  readonly hasTotp: boolean;
  readonly passkeys: number;
  readonly recoveryCodes: number;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly signedInAt: Date | null;
}

/** The accounts that were not removed. */
export interface People {
  any(): Promise<boolean>;
  list(): Promise<readonly Person[]>;
  find(name: string): Promise<Person | null>;
  /** Whether there was an account of this name that was removed. */
  wasRemoved(name: string): Promise<boolean>;
  /** AppError `user_unknown`. */
  get(name: string): Promise<Person>;
  /** AppError `user_exists`, also for the name of an account that was removed. */
  create(person: NewPerson): Promise<Person>;
  /** AppError `last_admin` when nobody who may manage accounts would be left. */
  setGrants(name: string, grants: readonly Grant[]): Promise<Person>;
  setDisabled(name: string, isDisabled: boolean): Promise<Person>;
  /** Its name stays taken, so that the audit never means somebody else by it. */
  remove(name: string): Promise<void>;
}

export interface NewPerson {
  readonly name: string;
  readonly grants: readonly Grant[];
  /** Hashed. */
  readonly password: string | null;
  readonly mustChangePassword: boolean;
  readonly createdBy: string;
}

export function createPeople({ db, clock, random }: IdentityDeps): People {
  const get = async (name: string): Promise<Person> => {
    const [person] = await people(db, nameKey(name));
    if (person === undefined) throw unknownUser(name);
    return person;
  };
  return {
    any: async () =>
      (await db
        .selectFrom('identity_users')
        .select('id')
        .where('removed_at', 'is', null)
        .limit(1)
        .executeTakeFirst()) !== undefined,
    list: () => people(db, null),
    find: async (name) => (await people(db, nameKey(name)))[0] ?? null,
    wasRemoved: async (name) =>
      (await db
        .selectFrom('identity_users')
        .select('id')
        .where('name_key', '=', nameKey(name))
        .where('removed_at', 'is not', null)
        .executeTakeFirst()) !== undefined,
    get,
    create: async (person) => {
      const row = await insertPerson(db, newId(random), person, clock.now());
      if (row === undefined) throw nameTaken(person.name);
      return get(person.name);
    },
    setGrants: async (name, grants) => {
      const { id } = await get(name);
      await keepingAnAdmin(db, async (open) => {
        await open
          .updateTable('identity_users')
          .set({ grants: JSON.stringify(grants) })
          .where('id', '=', id)
          .execute();
        await endSessions(open, id);
      });
      return get(name);
    },
    setDisabled: async (name, isDisabled) => {
      const { id } = await get(name);
      await keepingAnAdmin(db, async (open) => {
        await open
          .updateTable('identity_users')
          .set({ disabled_at: isDisabled ? clock.now() : null })
          .where('id', '=', id)
          .execute();
        if (isDisabled) await endSessions(open, id);
      });
      return get(name);
    },
    remove: async (name) => {
      const { id } = await get(name);
      await keepingAnAdmin(db, async (open) => {
        const now = clock.now();
        await open
          .updateTable('identity_users')
          .set({
            removed_at: now,
            disabled_at: now,
            grants: '[]',
            password: null,
            totp_secret: null,
            totp_pending: null,
          })
          .where('id', '=', id)
          .execute();
        await endSessions(open, id);
        await open.deleteFrom('identity_tokens').where('user_id', '=', id).execute();
        await open.deleteFrom('identity_recovery_codes').where('user_id', '=', id).execute();
        await open.deleteFrom('identity_passkeys').where('user_id', '=', id).execute();
      });
    },
  };
}

/** Answers undefined when the name is taken. */
export async function insertPerson(
  db: IdentityDatabase,
  id: string,
  { name, grants, password, mustChangePassword, createdBy }: NewPerson,
  at: Date,
): Promise<{ readonly id: string } | undefined> {
  return db
    .insertInto('identity_users')
    .values({
      id,
      name,
      name_key: nameKey(name),
      grants: JSON.stringify(grants),
      password,
      must_change_password: mustChangePassword,
      totp_secret: null,
      totp_pending: null,
      disabled_at: null,
      removed_at: null,
      created_at: at,
      created_by: createdBy,
      signed_in_at: null,
    })
    .onConflict((conflict) => conflict.column('name_key').doNothing())
    .returning('id')
    .executeTakeFirst();
}

/** Sessions end at once, so that no session outlives the rights it began with. */
export async function endSessions(
  db: IdentityDatabase,
  userId: string,
  except: string | null = null,
): Promise<number> {
  const ended = await db
    .deleteFrom('identity_sessions')
    .where('user_id', '=', userId)
    .$if(except !== null, (query) => query.where('id', '<>', except ?? ''))
    .returning('id')
    .execute();
  return ended.length;
}

async function people(db: IdentityDatabase, key: string | null): Promise<readonly Person[]> {
  const rows = await db
    .selectFrom('identity_users as u')
    .selectAll('u')
    .select([
      sql<number>`(select count(*) from identity_passkeys p where p.user_id = u.id)`.as('passkeys'),
      sql<number>`(select count(*) from identity_recovery_codes r
        where r.user_id = u.id and r.used_at is null)`.as('codes'),
    ])
    .where('u.removed_at', 'is', null)
    .$if(key !== null, (query) => query.where('u.name_key', '=', key ?? ''))
    .orderBy('u.name_key')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    grants: row.grants,
    isDisabled: row.disabled_at !== null,
    mustChangePassword: row.must_change_password,
    hasPassword: row.password !== null,
    hasTotp: row.totp_secret !== null,
    passkeys: row.passkeys,
    recoveryCodes: row.codes,
    createdAt: row.created_at,
    createdBy: row.created_by,
    signedInAt: row.signed_in_at,
  }));
}

/** One such change at a time, or two administrators could remove each other. */
async function keepingAnAdmin(
  db: IdentityDatabase,
  body: (open: IdentityDatabase) => Promise<void>,
): Promise<void> {
  await db.transaction().execute(async (open) => {
    await sql`lock table identity_users in share row exclusive mode`.execute(open);
    const before = await admins(open);
    await body(open);
    if (before > 0 && (await admins(open)) === 0) throw lastAdmin();
  });
}

async function admins(db: IdentityDatabase): Promise<number> {
  const rows = await db
    .selectFrom('identity_users')
    .select('id')
    .where('disabled_at', 'is', null)
    .where('removed_at', 'is', null)
    .where(sql<boolean>`grants @> ${JSON.stringify([{ role: 'admin' }])}::jsonb`)
    .execute();
  return rows.length;
}

function unknownUser(name: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'user_unknown',
    message: `There is no account "${name}".`,
    next: '`claude-manager users list` prints the accounts.',
  });
}

function nameTaken(name: string): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'user_exists',
    message: `The name "${name}" is taken, perhaps by an account that was removed.`,
    next: 'Choose another name.',
  });
}

function lastAdmin(): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'last_admin',
    message: 'Nobody who can manage accounts would be left.',
    next: 'Make another account an administrator first.',
  });
}
