import { createAttempts } from './attempts.ts';
import type { IdentityDeps } from './deps.ts';
import { createPeople } from './people.ts';
import { createSessions } from './sessions.ts';
import { createTokens } from './tokens.ts';

export type Identity = ReturnType<typeof createIdentity>;

/** Accounts, and every way to prove to be one. */
export function createIdentity(deps: IdentityDeps) {
  return {
    people: createPeople(deps),
    sessions: createSessions(deps),
    tokens: createTokens(deps),
    attempts: createAttempts(deps),
  };
}
