import { sql, type Transaction } from 'kysely';
import { AppError } from '../../lib/app-error.ts';
import { nameKey } from './client-key.ts';
import type { IdentityDeps } from './deps.ts';
import type { IdentityTables } from './tables.ts';

/** An attempt that was counted before it is known how it ends, so that a hundred at once are no more than five. */
export interface Attempt {
  succeeded(): Promise<void>;
}

/**
 * Who may try to sign in. An account has so many attempts in a window from all the places it never signed in from
 * together, and so many at each place where it did: strangers cannot shut its owner out where they are known, nor get
 * more guesses by coming from many places. An address that is not known to the account has so many attempts over all
 * accounts. The last attempt locks; the lock ends by itself and is not made longer by trying.
 */
export interface Attempts {
  /** AppError `rate_limited` `sign_in_locked` with `retryAfterSeconds`. */
  reserve(name: string, client: string): Promise<Attempt>;
  /** The same for the second factor of one account; who gets here has the password. */
  reserveFactor(name: string): Promise<Attempt>;
  /** Until when strangers cannot try this account; null when it is not locked. */
  lockedUntil(name: string): Promise<Date | null>;
  /** This account came in from there: its attempts there are counted apart from those of strangers. */
  know(name: string, client: string): Promise<void>;
  /** Lifts every lock of an account, and those of addresses, or its owner could still stand before a closed door. */
  unlock(name: string): Promise<boolean>;
  sweep(): Promise<void>;
}

interface Counter {
  readonly key: string;
  readonly nameKey: string | null;
  /** A success wipes the count; else it only gives back its own attempt. */
  readonly wiped: boolean;
}

const knownMs = 90 * 86_400_000;

export function createAttempts({ db, clock, settings }: IdentityDeps): Attempts {
  const reserve = async (
    counters: readonly Counter[],
    onSuccess: () => Promise<void>,
  ): Promise<Attempt> => {
    // Always in one order, so that two transactions never wait for each other.
    const ordered = counters.toSorted((one, other) => (one.key < other.key ? -1 : 1));
    await db.transaction().execute(async (open) => {
      for (const counter of ordered) await count(open, counter);
    });
    return {
      succeeded: async () => {
        for (const { key, wiped } of ordered) {
          if (wiped) await db.deleteFrom('identity_attempts').where('key', '=', key).execute();
          else
            await db
              .updateTable('identity_attempts')
              .set({
                count: sql<number>`greatest(count - 1, 0)`,
                locked_until: null,
              })
              .where('key', '=', key)
              .execute();
        }
        await onSuccess();
      },
    };
  };
  /** One statement counts and decides; what it refuses takes the whole transaction back. */
  const count = async (open: Transaction<IdentityTables>, counter: Counter): Promise<void> => {
    const { maxAttempts, lockMs } = settings();
    const now = clock.now();
    const windowStart = new Date(now.getTime() - lockMs);
    const lock = new Date(now.getTime() + lockMs);
    const first = maxAttempts === 1 ? lock : null;
    const { rows } = await sql<{ locked_until: Date | null; taken: boolean }>`
      insert into identity_attempts as a (key, name_key, count, since, locked_until)
      values (${counter.key}, ${counter.nameKey}, 1, ${now}, ${first})
      on conflict (key) do update set
        count = case
          when a.locked_until > ${now} then a.count + 1
          when a.locked_until is not null or a.since <= ${windowStart} then 1
          else a.count + 1 end,
        since = case
          when a.locked_until > ${now} then a.since
          when a.locked_until is not null or a.since <= ${windowStart} then ${now}
          else a.since end,
        locked_until = case
          when a.locked_until > ${now} then a.locked_until
          when a.locked_until is not null or a.since <= ${windowStart} then ${first}::timestamptz
          when a.count + 1 >= ${maxAttempts} then ${lock}
          else null end
      returning locked_until, count <= ${maxAttempts} as taken`.execute(open);
    const [row] = rows;
    if (row === undefined) throw new Error('an attempt was not counted');
    if (!row.taken) throw locked(row.locked_until ?? lock, now);
  };
  const know = async (name: string, client: string): Promise<void> => {
    const seen = { name_key: nameKey(name), client, seen_at: clock.now() };
    await db
      .insertInto('identity_known_clients')
      .values(seen)
      .onConflict((conflict) =>
        conflict.columns(['name_key', 'client']).doUpdateSet({ seen_at: seen.seen_at }),
      )
      .execute();
  };
  return {
    know,
    reserve: async (name, client) => {
      const key = nameKey(name);
      const now = clock.now();
      const known = await db
        .selectFrom('identity_known_clients')
        .select('client')
        .where('name_key', '=', key)
        .where('client', '=', client)
        .where('seen_at', '>', new Date(now.getTime() - knownMs))
        .executeTakeFirst();
      const counters: readonly Counter[] =
        known === undefined
          ? [
              { key: `account:${key}`, nameKey: key, wiped: true },
              { key: `address:${client}`, nameKey: null, wiped: false },
            ]
          : [{ key: `place:${key}@${client}`, nameKey: key, wiped: true }];
      return reserve(counters, () => know(name, client));
    },
    reserveFactor: (name) =>
      reserve(
        [{ key: `factor:${nameKey(name)}`, nameKey: nameKey(name), wiped: true }],
        async () => undefined,
      ),
    lockedUntil: async (name) => {
      const row = await db
        .selectFrom('identity_attempts')
        .select((select) => select.fn.max('locked_until').as('until'))
        .where('name_key', '=', nameKey(name))
        .where('locked_until', '>', clock.now())
        .executeTakeFirst();
      return row?.until ?? null;
    },
    unlock: async (name) => {
      const lifted = await db
        .deleteFrom('identity_attempts')
        .where((where) =>
          where.or([
            where('name_key', '=', nameKey(name)),
            where.and([where('name_key', 'is', null), where('locked_until', '>', clock.now())]),
          ]),
        )
        .returning('locked_until')
        .execute();
      return lifted.some(({ locked_until: until }) => until !== null && until > clock.now());
    },
    sweep: async () => {
      const now = clock.now();
      const since = new Date(now.getTime() - settings().lockMs);
      await db
        .deleteFrom('identity_attempts')
        .where('since', '<', since)
        .where((where) =>
          where.or([where('locked_until', 'is', null), where('locked_until', '<', now)]),
        )
        .execute();
      await db
        .deleteFrom('identity_known_clients')
        .where('seen_at', '<', new Date(now.getTime() - knownMs))
        .execute();
    },
  };
}

function locked(until: Date, now: Date): AppError {
  const seconds = Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000));
  return new AppError({
    kind: 'rate_limited',
    code: 'sign_in_locked',
    message: 'There were too many attempts to sign in.',
    next: `Try again in ${Math.ceil(seconds / 60)} minutes, or have somebody run \`claude-manager users unlock\` on the machine of the service.`,
    details: { retryAfterSeconds: seconds },
  });
}
