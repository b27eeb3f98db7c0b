import type { Kysely } from 'kysely';
import type { IdentityTables } from './tables.ts';

/** How many there are of what lets people and programs in. */
export interface IdentityCounts {
  readonly accounts: number;
  readonly withoutSecondFactor: number;
  readonly lockedAccounts: number;
  readonly sessions: number;
  readonly tokens: number;
}

export interface Census {
  counts(now: Date): Promise<IdentityCounts>;
  /** Sessions that ended before the moment and are still kept. */
  endedSessions(before: Date): Promise<number>;
  /** Removes sessions and tokens that no longer let anybody in; answers how many of each. */
  removeExpired(now: Date): Promise<{ readonly sessions: number; readonly tokens: number }>;
}

/** `idleMs` is read at each call: a session that was quiet for so long has ended. */
export function createCensus(db: Kysely<IdentityTables>, idleMs: () => number): Census {
  const idleSince = (now: Date): Date => new Date(now.getTime() - idleMs());
  return {
    counts: async (now) => {
      const [accounts, locked, sessions, tokens] = await Promise.all([
        db
          .selectFrom('identity_users as u')
          .select((is) => [
            is.fn.countAll<number>().as('all'),
            is.fn
              .countAll<number>()
              .filterWhere((one) =>
                one.and([
                  one('u.totp_secret', 'is', null),
                  one.not(
                    one.exists(
                      one
                        .selectFrom('identity_passkeys as p')
                        .select('p.id')
                        .whereRef('p.user_id', '=', 'u.id'),
                    ),
                  ),
                ]),
              )
              .as('bare'),
          ])
          .where('u.disabled_at', 'is', null)
          .where('u.removed_at', 'is', null)
          .executeTakeFirstOrThrow(),
        db
          .selectFrom('identity_attempts')
          .select((is) => is.fn.count<number>('name_key').distinct().as('count'))
          .where('locked_until', '>', now)
          .executeTakeFirstOrThrow(),
        db
          .selectFrom('identity_sessions')
          .select((is) => is.fn.countAll<number>().as('count'))
          .where('ends_at', '>', now)
          .where('seen_at', '>', idleSince(now))
          .executeTakeFirstOrThrow(),
        db
          .selectFrom('identity_tokens')
          .select((is) => is.fn.countAll<number>().as('count'))
          .where('expires_at', '>', now)
          .where('revoked_at', 'is', null)
          .executeTakeFirstOrThrow(),
      ]);
      return {
        accounts: accounts.all,
        withoutSecondFactor: accounts.bare,
        lockedAccounts: locked.count,
        sessions: sessions.count,
        tokens: tokens.count,
      };
    },
    endedSessions: async (before) => {
      const row = await db
        .selectFrom('identity_sessions')
        .select((is) => is.fn.countAll<number>().as('count'))
        .where((is) => is.or([is('ends_at', '<=', before), is('seen_at', '<=', idleSince(before))]))
        .executeTakeFirstOrThrow();
      return row.count;
    },
    removeExpired: async (now) => {
      const sessions = await db
        .deleteFrom('identity_sessions')
        .where((is) => is.or([is('ends_at', '<=', now), is('seen_at', '<=', idleSince(now))]))
        .executeTakeFirst();
      const tokens = await db
        .deleteFrom('identity_tokens')
        .where((is) => is.or([is('expires_at', '<=', now), is('revoked_at', 'is not', null)]))
        .executeTakeFirst();
      return { sessions: Number(sessions.numDeletedRows), tokens: Number(tokens.numDeletedRows) };
    },
  };
}
