import type { IdentityDatabase, IdentityDeps } from './deps.ts';
import { endSessions } from './people.ts';
import { hashOf, isSecret, newId, newSecret } from './secrets.ts';
import type { Grant, SessionMethod } from './tables.ts';

/** How far a session has come: `second_factor` is owed one, `enroll` must first put the account in order. */
export type Stage = 'full' | 'second_factor' | 'enroll';

/** Whose session it is, as the database says at this moment. */
export interface SessionOwner {
  readonly sessionId: string;
  readonly userId: string;
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly stage: Stage;
  readonly provenAt: Date;
  readonly endsAt: Date;
  readonly method: SessionMethod;
}

/** Handed out once. */
export interface NewSession {
  readonly id: string;
  readonly secret: string;
  /** Absolute end; without activity it ends sooner. */
  readonly expiresAt: Date;
}

export interface SessionLine {
  readonly id: string;
  readonly createdAt: Date;
  readonly seenAt: Date;
  readonly expiresAt: Date;
  readonly client: string;
  readonly method: string;
}

export interface Sessions {
  begin(session: {
    readonly userId: string;
    readonly client: string;
    readonly method: SessionMethod;
    readonly awaitsFactor: boolean;
  }): Promise<NewSession>;
  /** Null for a secret that is unknown, expired, or of an account that may not sign in. */
  owner(secret: string, options?: { readonly touch?: boolean }): Promise<SessionOwner | null>;
  /** The same session under a new id and a new secret, freshly proven; null when it has ended. */
  renew(id: string, method?: SessionMethod): Promise<NewSession | null>;
  /** Counts a try at the second factor; false once five were made, and the session is over. */
  takeTry(id: string): Promise<boolean>;
  list(userId: string): Promise<readonly SessionLine[]>;
  /** Of every account, the last seen first; at most a thousand. */
  everybody(): Promise<readonly (SessionLine & { readonly user: string })[]>;
  end(userId: string, id: string): Promise<boolean>;
  endAll(userId: string, except: string | null): Promise<number>;
  /** Forgets what has ended. */
  sweep(): Promise<void>;
}

/** Between the password and the second factor. */
const factorMs = 10 * 60_000;
const triesAtFactor = 5;
/** Activity is written down at most this often, which is how exact the idle timeout is. */
const touchMs = 500;

export function createSessions({ db, clock, random, settings }: IdentityDeps): Sessions {
  const idleSince = (now: Date): Date => new Date(now.getTime() - settings().idleMs);
  /** Sessions that can be used now, the last seen first. */
  const standing = () => {
    const now = clock.now();
    return db
      .selectFrom('identity_sessions')
      .innerJoin('identity_users', 'identity_users.id', 'identity_sessions.user_id')
      .selectAll('identity_sessions')
      .select('identity_users.name')
      .where('awaits_factor', '=', false)
      .where('ends_at', '>', now)
      .where('seen_at', '>', idleSince(now))
      .orderBy('seen_at', 'desc');
  };
  return {
    begin: async ({ userId, client, method, awaitsFactor }) => {
      const now = clock.now();
      const session = {
        id: newId(random),
        secret: newSecret(random),
        expiresAt: new Date(now.getTime() + (awaitsFactor ? factorMs : settings().absoluteMs)),
      };
      await db
        .insertInto('identity_sessions')
        .values({
          id: session.id,
          secret_hash: hashOf(session.secret),
          user_id: userId,
          awaits_factor: awaitsFactor,
          created_at: now,
          seen_at: now,
          proven_at: now,
          ends_at: session.expiresAt,
          client,
          method,
        })
        .execute();
      return session;
    },
    owner: async (secret, { touch = true } = {}) => {
      if (!isSecret(secret)) return null;
      const now = clock.now();
      const row = await find(db, hashOf(secret), now, idleSince(now));
      if (row === undefined) return null;
      if (touch && now.getTime() - row.seen_at.getTime() >= touchMs) {
        await db
          .updateTable('identity_sessions')
          .set({ seen_at: now })
          .where('id', '=', row.id)
          .where('seen_at', '<', now)
          .execute();
      }
      const isEnrolled = row.totp_secret !== null || row.passkey !== null;
      const mustEnroll =
        row.must_change_password || (settings().requireSecondFactor && !isEnrolled);
      return {
        sessionId: row.id,
        userId: row.user_id,
        name: row.name,
        grants: row.grants,
        stage: row.awaits_factor ? 'second_factor' : mustEnroll ? 'enroll' : 'full',
        provenAt: row.proven_at,
        endsAt: row.ends_at,
        method: row.method,
      };
    },
    renew: async (id, method) => {
      const now = clock.now();
      const next = { id: newId(random), secret: newSecret(random) };
      const expiresAt = new Date(now.getTime() + settings().absoluteMs);
      const row = await db
        .updateTable('identity_sessions')
        .set((column) => ({
          id: next.id,
          secret_hash: hashOf(next.secret),
          // A session that is proven again lasts no longer than it was given at the sign-in.
          ends_at: column
            .case()
            .when('awaits_factor', '=', true)
            .then(expiresAt)
            .else(column.ref('ends_at'))
            .end(),
          awaits_factor: false,
          proven_at: now,
          seen_at: now,
          ...(method === undefined ? {} : { method }),
        }))
        .where('id', '=', id)
        .where('ends_at', '>', now)
        .where('seen_at', '>', idleSince(now))
        .returning('ends_at')
        .executeTakeFirst();
      return row === undefined ? null : { ...next, expiresAt: row.ends_at };
    },
    takeTry: async (id) => {
      const row = await db
        .updateTable('identity_sessions')
        .set((column) => ({ tries: column('tries', '+', 1) }))
        .where('id', '=', id)
        .where('awaits_factor', '=', true)
        .where('tries', '<', triesAtFactor)
        .returning('tries')
        .executeTakeFirst();
      if (row !== undefined) return true;
      await db
        .deleteFrom('identity_sessions')
        .where('id', '=', id)
        .where('awaits_factor', '=', true)
        .execute();
      return false;
    },
    list: async (userId) => (await standing().where('user_id', '=', userId).execute()).map(lineOf),
    everybody: async () =>
      (await standing().limit(1000).execute()).map((row) => ({ ...lineOf(row), user: row.name })),
    end: async (userId, id) =>
      (await db
        .deleteFrom('identity_sessions')
        .where('user_id', '=', userId)
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst()) !== undefined,
    endAll: (userId, except) => endSessions(db, userId, except),
    sweep: async () => {
      const now = clock.now();
      await db
        .deleteFrom('identity_sessions')
        .where((where) =>
          where.or([where('ends_at', '<=', now), where('seen_at', '<=', idleSince(now))]),
        )
        .execute();
    },
  };
}

function find(db: IdentityDatabase, secretHash: string, now: Date, idleSince: Date) {
  return db
    .selectFrom('identity_sessions as s')
    .innerJoin('identity_users as u', 'u.id', 's.user_id')
    .select([
      's.id',
      's.user_id',
      's.awaits_factor',
      's.seen_at',
      's.proven_at',
      's.ends_at',
      's.method',
      'u.name',
      'u.grants',
      'u.must_change_password',
      'u.totp_secret',
    ])
    .select((select) =>
      select
        .selectFrom('identity_passkeys as p')
        .select('p.id')
        .whereRef('p.user_id', '=', 'u.id')
        .limit(1)
        .as('passkey'),
    )
    .where('s.secret_hash', '=', secretHash)
    .where('s.ends_at', '>', now)
    .where('s.seen_at', '>', idleSince)
    .where('u.disabled_at', 'is', null)
    .where('u.removed_at', 'is', null)
    .executeTakeFirst();
}

function lineOf(row: {
  readonly id: string;
  readonly created_at: Date;
  readonly seen_at: Date;
  readonly ends_at: Date;
  readonly client: string;
  readonly method: string;
}): SessionLine {
  return {
    id: row.id,
    createdAt: row.created_at,
    seenAt: row.seen_at,
    expiresAt: row.ends_at,
    client: row.client,
    method: row.method,
  };
}
