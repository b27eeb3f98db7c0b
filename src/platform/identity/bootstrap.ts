import { sql } from 'kysely';
import { AppError } from '../../lib/app-error.ts';
import type { Attempts } from './attempts.ts';
import { clientKey } from './client-key.ts';
import type { IdentityDeps } from './deps.ts';
import type { PasswordRules } from './password-rules.ts';
import type { Passwords } from './passwords.ts';
import { insertPerson } from './people.ts';
import { hashOf, isSecret, newId, newSecret } from './secrets.ts';

/** The way to the first account: a one-time secret that whoever reads the console holds. */
export interface Bootstrap {
  /** Replaces the one before. AppError `already_bootstrapped` once there is an account. */
  link(): Promise<{ readonly link: string; readonly expiresAt: Date }>;
  /** Makes the first administrator; AppErrors `bootstrap_refused`, `password_weak`. */
  redeem(given: {
    readonly token: string;
    readonly name: string;
    readonly password: string;
    readonly client: string;
  }): Promise<{ readonly userId: string }>;
}

const linkMs = 15 * 60_000;

export function createBootstrap(
  { db, clock, random, settings }: IdentityDeps,
  {
    passwords,
    rules,
    attempts,
  }: {
    readonly passwords: Passwords;
    readonly rules: PasswordRules;
    readonly attempts: Pick<Attempts, 'know'>;
  },
): Bootstrap {
  const hasAccount = async (open: typeof db): Promise<boolean> =>
    (await open.selectFrom('identity_users').select('id').limit(1).executeTakeFirst()) !==
    undefined;
  return {
    link: async () => {
      if (await hasAccount(db)) throw alreadyDone();
      const secret = newSecret(random);
      const expiresAt = new Date(clock.now().getTime() + linkMs);
      const row = { secret_hash: hashOf(secret), ends_at: expiresAt };
      await db
        .insertInto('identity_bootstrap')
        .values(row)
        .onConflict((conflict) => conflict.column('one').doUpdateSet(row))
        .execute();
      // After the hash sign, so that it reaches no server log and no referrer.
      return { link: `${settings().origin}/welcome#token=${secret}`, expiresAt };
    },
    redeem: async ({ token, name, password, client }) => {
      const hash = hashOf(token);
      const isOpen = async (open: typeof db): Promise<boolean> =>
        isSecret(token) &&
        (await open
          .selectFrom('identity_bootstrap')
          .select('ends_at')
          .where('secret_hash', '=', hash)
          .where('ends_at', '>', clock.now())
          .executeTakeFirst()) !== undefined;
      // Before the slow hash, so that guessing costs us nothing.
      if (!(await isOpen(db))) throw refused();
      await rules.require(password, name);
      const stored = await passwords.hash(password);
      const id = newId(random);
      await db.transaction().execute(async (open) => {
        await sql`lock table identity_users in share row exclusive mode`.execute(open);
        if (!(await isOpen(open)) || (await hasAccount(open))) throw refused();
        await open.deleteFrom('identity_bootstrap').execute();
        const person = {
          name,
          grants: [{ role: 'admin', repositories: null }],
          password: stored,
          mustChangePassword: false,
          createdBy: 'bootstrap',
        };
        await insertPerson(open, id, person, clock.now());
      });
      await attempts.know(name, clientKey(client));
      return { userId: id };
    },
  };
}

function refused(): AppError {
  return new AppError({
    kind: 'unauthenticated',
    code: 'bootstrap_refused',
    message: 'This link is unknown, used, replaced or older than 15 minutes.',
    next: 'Run `claude-manager users bootstrap` on the machine of the service for a new one.',
  });
}

function alreadyDone(): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'already_bootstrapped',
    message: 'There is an account already; a link would make no second first one.',
    next: 'Use `claude-manager users create` and `users reset-password`.',
  });
}
