import { type Kysely, sql } from 'kysely';
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
      // One question: side by side they would need a connection each, made anew for every look of a service at rest.
      const { rows } = await sql<IdentityCounts>`
        with standing as (
          select exists (select from identity_passkeys as p where p.user_id = u.id) as has_passkey, u.totp_secret
          from identity_users as u where u.disabled_at is null and u.removed_at is null
        )
        select (select count(*) from standing) as accounts,
          (select count(*) from standing where totp_secret is null and not has_passkey) as "withoutSecondFactor",
          (select count(distinct name_key) from identity_attempts where locked_until > ${now}) as "lockedAccounts",
          (select count(*) from identity_sessions
            where ends_at > ${now} and seen_at > ${idleSince(now)}) as sessions,
          (select count(*) from identity_tokens
            where expires_at > ${now} and revoked_at is null) as tokens`.execute(db);
      const [row] = rows;
      if (row === undefined) throw new Error('the census has no row');
      return row;
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
