import { AppError } from '../../../lib/app-error.ts';
import type { Governor } from '../governor/governor.ts';
import { fingerprintOf, type Standing } from './standing.ts';

/** One credential as the client uses it: whose token, whose limits. */
export interface GithubAccess {
  /** Names it in shared state and for people: `GITHUB_TOKEN`, `app 123 on acme`; never the token. */
  readonly id: string;
  readonly governor: Governor;
  /** The login that writes with it; null: GitHub is asked whose token it is. */
  readonly login: (() => Promise<string>) | null;
  /** For this moment. AppError `github_credential_suspended` after it was refused three times in a row. */
  token(): Promise<string>;
  /** GitHub answered 401 to this token; true when there is another one by now, which may be tried once. */
  refused(token: string): Promise<boolean>;
  /** A token that was just renewed was refused as well. */
  refusedForGood(token: string): Promise<void>;
  /** GitHub took this token. */
  accepted(token: string): Promise<void>;
}

/** Which credential goes where: `owner/name`, `owner/` when only the owner is known, null for what belongs to no repository. */
export type AccessOf = (repository: string | null) => GithubAccess;

export interface AccessParts {
  readonly id: string;
  readonly governor: Governor;
  readonly login: GithubAccess['login'];
  readonly standing: Standing;
  readonly source: TokenSource;
}

/** Where a credential's tokens come from. */
export interface TokenSource {
  current(): Promise<string>;
  /** The token was refused: makes or finds another one, if that can be; answers the one that stands then. */
  renew(refused: string): Promise<string>;
}

/** Nothing is tried blindly: a refused token is replaced at most once, and the third refusal in a row suspends it. */
export function createAccess({ id, governor, login, standing, source }: AccessParts): GithubAccess {
  return {
    id,
    governor,
    login,
    token: async () => {
      const token = await source.current();
      const suspended = await standing.suspendedSince(fingerprintOf(token));
      if (suspended !== null) throw suspendedError(id, suspended);
      return token;
    },
    refused: async (token) => {
      const next = await source.renew(token);
      if (next !== token) return true;
      await standing.refused(fingerprintOf(token));
      return false;
    },
    refusedForGood: async (token) => await standing.refused(fingerprintOf(token)),
    accepted: async (token) => await standing.accepted(fingerprintOf(token)),
  };
}

function suspendedError(id: string, since: Date): AppError {
  return new AppError({
    kind: 'unauthenticated',
    code: 'github_credential_suspended',
    message: `The credential ${id} is not used any more since ${since.toISOString()}: GitHub refused it three times in a row, or it was seen in a text there.`,
    next: `Store a valid one with \`claude-manager credentials set\`, or, when that was wrong (see \`claude-manager security audit\`), run \`claude-manager credentials lift "${id}"\`.`,
    details: { credential: id, since: since.toISOString() },
  });
}
