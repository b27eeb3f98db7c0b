import { AppError } from '../../lib/app-error.ts';
import type { Attempts } from './attempts.ts';
import { clientKey, nameKey } from './client-key.ts';
import type { IdentityDeps } from './deps.ts';
import type { Factors } from './factors.ts';
import type { Passkeys } from './passkeys.ts';
import type { PasswordRules } from './password-rules.ts';
import type { Passwords } from './passwords.ts';
import { endSessions } from './people.ts';
import type { NewSession, Sessions } from './sessions.ts';
import type { SessionMethod } from './tables.ts';

export type Factor = 'totp' | 'recovery' | 'passkey';

export interface SignedIn {
  readonly user: string;
  readonly secondFactorNeeded: boolean;
  readonly factors: readonly Factor[];
  readonly enrollmentNeeded: boolean;
  readonly session: NewSession;
}

/** Something by which a person shows who they are. */
export type Evidence =
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'totp'; readonly code: string }
  | { readonly kind: 'recovery'; readonly code: string }
  | { readonly kind: 'passkey'; readonly challenge: string; readonly answer: unknown };

/** Whose session it is that asks. */
export interface Asking {
  readonly sessionId: string;
  readonly name: string;
  readonly client: string;
}

/** The ways in. Whatever is wrong with name, password or account is one answer, after the same work. */
export interface SignIn {
  /** AppErrors `unauthenticated` `sign_in_failed`, `rate_limited` `sign_in_locked`. */
  byPassword(given: {
    readonly name: string;
    readonly password: string;
    readonly client: string;
  }): Promise<SignedIn>;
  byPasskey(given: {
    readonly challenge: string;
    readonly answer: unknown;
    readonly client: string;
  }): Promise<SignedIn>;
  /** AppErrors `second_factor_wrong`, `session_ended` after five tries, `sign_in_locked`. */
  secondFactor(
    asking: Asking,
    evidence: Extract<Evidence, { kind: 'totp' | 'recovery' }>,
  ): Promise<SignedIn>;
  /** A fresh proof in a session that stands, which goes on under a new secret. AppError `proof_failed`. */
  prove(asking: Asking, evidence: Evidence): Promise<NewSession>;
  /** All other sessions end. AppErrors `proof_failed`, `password_weak`. */
  changePassword(
    asking: Asking,
    given: { readonly current: string; readonly password: string },
  ): Promise<NewSession>;
  /** What an administrator does for somebody; their sessions end. */
  setPassword(
    name: string,
    given: { readonly password: string; readonly mustChange: boolean },
  ): Promise<void>;
}

export interface SignInParts {
  readonly deps: IdentityDeps;
  readonly attempts: Attempts;
  readonly passwords: Passwords;
  readonly rules: PasswordRules;
  readonly sessions: Sessions;
  readonly factors: Factors;
  readonly passkeys: Passkeys;
}

export function createSignIn(parts: SignInParts): SignIn {
  const { deps, attempts, passwords, rules, sessions, factors, passkeys } = parts;
  const { db, clock } = deps;

  const account = (where: { readonly name?: string; readonly id?: string }) =>
    db
      .selectFrom('identity_users as u')
      .select(['id', 'name', 'password', 'totp_secret', 'must_change_password'])
      .select((select) => [
        select
          .selectFrom('identity_passkeys as p')
          .select((inner) => inner.fn.countAll<number>().as('n'))
          .whereRef('p.user_id', '=', 'u.id')
          .as('passkeys'),
      ])
      .where('disabled_at', 'is', null)
      .where('removed_at', 'is', null)
      .$if(where.name !== undefined, (query) =>
        query.where('name_key', '=', nameKey(where.name ?? '')),
      )
      .$if(where.id !== undefined, (query) => query.where('id', '=', where.id ?? ''))
      .executeTakeFirst();
  type Account = NonNullable<Awaited<ReturnType<typeof account>>>;

  const tell = (
    event: string,
    outcome: 'ok' | 'refused',
    user: string,
    client: string,
    facts: Readonly<Record<string, unknown>> = {},
  ) => deps.report({ event, outcome, user, client, facts });

  /** Counts the attempt; a lock is told once to the caller and once to the log. */
  const counted = async (
    reserve: () => ReturnType<Attempts['reserve']>,
    user: string,
    client: string,
  ) => {
    try {
      return await reserve();
    } catch (error) {
      if (error instanceof AppError && error.code === 'sign_in_locked')
        await tell('auth.login.locked', 'refused', user, client, error.details);
      throw error;
    }
  };

  const owed = (found: Account, hasFactor: boolean): boolean =>
    found.must_change_password || (deps.settings().requireSecondFactor && !hasFactor);

  const begun = async (
    found: Account,
    client: string,
    method: 'password' | 'passkey',
  ): Promise<SignedIn> => {
    const hasFactor = found.totp_secret !== null || (found.passkeys ?? 0) > 0;
    const awaitsFactor = method === 'password' && hasFactor;
    const session = await sessions.begin({ userId: found.id, client, method, awaitsFactor });
    if (!awaitsFactor) {
      await db
        .updateTable('identity_users')
        .set({ signed_in_at: clock.now() })
        .where('id', '=', found.id)
        .execute();
      await tell('auth.login.ok', 'ok', found.name, client, { method });
    }
    return {
      user: found.name,
      secondFactorNeeded: awaitsFactor,
      factors: awaitsFactor
        ? [
            ...(found.totp_secret === null ? [] : (['totp'] as const)),
            'recovery',
            ...((found.passkeys ?? 0) === 0 ? [] : (['passkey'] as const)),
          ]
        : [],
      enrollmentNeeded: !awaitsFactor && owed(found, hasFactor),
      session,
    };
  };

  /** Whether what is given belongs to the account; each kind is good once, but the password. */
  const holds = async (found: Account, evidence: Evidence): Promise<boolean> => {
    switch (evidence.kind) {
      case 'password':
        return passwords.verify(evidence.password, found.password);
      case 'totp':
        return factors.takeTotp(found.id, evidence.code);
      case 'recovery':
        return factors.takeRecovery(found.id, evidence.code);
      case 'passkey':
        return (await passkeys.finishProof(evidence))?.userId === found.id;
    }
  };

  const asked = async (name: string): Promise<Account> => {
    const found = await account({ name });
    if (found === undefined) throw sessionEnded();
    return found;
  };

  const prove = async (asking: Asking, evidence: Evidence): Promise<Account> => {
    const client = clientKey(asking.client);
    const found = await asked(asking.name);
    const attempt = await counted(() => attempts.reserveFactor(found.name), found.name, client);
    if (!(await holds(found, evidence))) {
      await tell('auth.proof.fail', 'refused', found.name, client, { method: evidence.kind });
      throw refused('proof_failed', 'That does not prove who you are.');
    }
    await attempt.succeeded();
    await tell('auth.proof.ok', 'ok', found.name, client, { method: evidence.kind });
    return found;
  };

  const renewed = async (id: string, method?: SessionMethod): Promise<NewSession> => {
    const session = await sessions.renew(id, method);
    if (session === null) throw sessionEnded();
    return session;
  };

  return {
    byPassword: async ({ name, password, client: address }) => {
      const client = clientKey(address);
      const attempt = await counted(() => attempts.reserve(name, client), name, client);
      const found = await account({ name });
      const isRight = await passwords.verify(password, found?.password ?? null);
      if (!isRight || found === undefined) {
        await tell('auth.login.fail', 'refused', name, client, { method: 'password' });
        throw signInFailed();
      }
      await attempt.succeeded();
      if (found.password !== null && passwords.isOutdated(found.password)) {
        const hash = await passwords.hash(password);
        await db
          .updateTable('identity_users')
          .set({ password: hash })
          .where('id', '=', found.id)
          .where('password', '=', found.password)
          .execute();
      }
      return begun(found, client, 'password');
    },
    byPasskey: async ({ challenge, answer, client: address }) => {
      const client = clientKey(address);
      const proof = await passkeys.finishProof({ challenge, answer });
      const found = proof === null ? undefined : await account({ id: proof.userId });
      if (found === undefined) {
        await tell('auth.login.fail', 'refused', 'unknown', client, { method: 'passkey' });
        throw signInFailed();
      }
      await attempts.know(found.name, client);
      return begun(found, client, 'passkey');
    },
    secondFactor: async (asking, evidence) => {
      const client = clientKey(asking.client);
      const found = await asked(asking.name);
      if (!(await sessions.takeTry(asking.sessionId))) throw sessionEnded();
      const attempt = await counted(() => attempts.reserveFactor(found.name), found.name, client);
      if (!(await holds(found, evidence))) {
        await tell('auth.2fa.fail', 'refused', found.name, client, { method: evidence.kind });
        throw wrongCode();
      }
      await attempt.succeeded();
      const session = await renewed(asking.sessionId, `password+${evidence.kind}`);
      await db
        .updateTable('identity_users')
        .set({ signed_in_at: clock.now() })
        .where('id', '=', found.id)
        .execute();
      const event = evidence.kind === 'recovery' ? 'auth.2fa.recovery_used' : 'auth.2fa.ok';
      await tell(event, 'ok', found.name, client, { method: evidence.kind });
      await tell('auth.login.ok', 'ok', found.name, client, { method: evidence.kind });
      return {
        user: found.name,
        secondFactorNeeded: false,
        factors: [],
        enrollmentNeeded: owed(found, true),
        session,
      };
    },
    prove: async (asking, evidence) => {
      await prove(asking, evidence);
      return renewed(asking.sessionId);
    },
    changePassword: async (asking, { current, password }) => {
      await rules.require(password, asking.name);
      const found = await prove(asking, { kind: 'password', password: current });
      if (current === password) throw samePassword();
      const hash = await passwords.hash(password);
      await db
        .updateTable('identity_users')
        .set({ password: hash, must_change_password: false })
        .where('id', '=', found.id)
        .execute();
      await endSessions(db, found.id, asking.sessionId);
      return renewed(asking.sessionId);
    },
    setPassword: async (name, { password, mustChange }) => {
      await rules.require(password, name);
      const hash = await passwords.hash(password);
      await db.transaction().execute(async (open) => {
        const row = await open
          .updateTable('identity_users')
          .set({ password: hash, must_change_password: mustChange })
          .where('name_key', '=', nameKey(name))
          .where('removed_at', 'is', null)
          .returning('id')
          .executeTakeFirst();
        if (row !== undefined) await endSessions(open, row.id);
      });
    },
  };
}

function signInFailed(): AppError {
  return refused('sign_in_failed', 'Name and password do not fit, or the account may not sign in.');
}

function refused(code: string, message: string): AppError {
  return new AppError({ kind: 'unauthenticated', code, message, next: 'Try again.' });
}

export function wrongCode(): AppError {
  return refused('second_factor_wrong', 'This code is wrong, too old, or was used before.');
}

export function sessionEnded(): AppError {
  return new AppError({
    kind: 'unauthenticated',
    code: 'session_ended',
    message: 'This session has ended, or there was none.',
    next: 'Sign in again.',
  });
}

function samePassword(): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'password_same',
    message: 'The new password is the old one.',
    next: 'Choose another.',
    details: { field: 'password' },
  });
}
