import { type Attempts, createAttempts } from './attempts.ts';
import { type Bootstrap, createBootstrap } from './bootstrap.ts';
import type { IdentityDeps } from './deps.ts';
import { createFactors, type Factors } from './factors.ts';
import { createPasskeys, type Passkeys } from './passkeys.ts';
import { createPasswordRules, type PasswordRules } from './password-rules.ts';
import { createPasswords, type Passwords } from './passwords.ts';
import { createPeople, type People } from './people.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { createSignIn, type SignIn } from './sign-in.ts';
import { createTokens, type Tokens } from './tokens.ts';

/** Accounts, and every way to prove to be one. */
export interface Identity {
  readonly people: People;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly attempts: Attempts;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly rules: PasswordRules;
  readonly factors: Factors;
  readonly passkeys: Passkeys;
  readonly signIn: SignIn;
  readonly bootstrap: Bootstrap;
  /** Forgets sessions, challenges and counts that have ended. */
  sweep(): Promise<void>;
}

export interface IdentityOptions {
  /** Replaces the hash of passwords; tests take a quick one. */
  readonly passwords?: Passwords;
}

export function createIdentity(deps: IdentityDeps, options: IdentityOptions = {}): Identity {
  const sessions = createSessions(deps);
  const attempts = createAttempts(deps);
  const passwords = options.passwords ?? createPasswords({ random: deps.random });
  const rules = createPasswordRules(deps.settings);
  const factors = createFactors(deps);
  const passkeys = createPasskeys(deps);
  return {
    people: createPeople(deps),
    sessions,
    tokens: createTokens(deps),
    attempts,
    passwords,
    rules,
    factors,
    passkeys,
    signIn: createSignIn({ deps, attempts, passwords, rules, sessions, factors, passkeys }),
    bootstrap: createBootstrap(deps, { passwords, rules, attempts }),
    sweep: async () => {
      await sessions.sweep();
      await attempts.sweep();
      await passkeys.sweep();
    },
  };
}
