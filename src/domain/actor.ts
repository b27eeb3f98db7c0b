/** Permissions that hold only in repositories that match one of their patterns; the others hold everywhere. */
export type RepositoryLimits = Readonly<Record<string, readonly string[]>>;

/**
 * How somebody showed who they are, where their kind alone does not say it: by what they signed in with, or, while sessions
 * are switched off, only by asking from this machine.
 */
export type Authentication =
  | 'password'
  | 'password+totp'
  | 'password+recovery'
  | 'passkey'
  | 'bootstrap'
  | 'token'
  | 'loopback';

/** Who asks. */
export type Actor =
  | { readonly kind: 'system'; readonly name: string }
  | {
      readonly kind: 'command_line';
      readonly name: string;
      readonly isOwner: boolean;
      readonly authentication?: Authentication;
    }
  | {
      readonly kind: 'user';
      readonly name: string;
      readonly roles: readonly string[];
      readonly authentication?: Authentication;
      /** Set when the person signed in at a door: which session, and when they last proved who they are (ms since the epoch). */
      readonly session?: {
        readonly id: string;
        readonly provenAtMs: number;
        /** Not there yet: `second_factor` is still owed one, `enroll` must first put the account in order. */
        readonly stage?: 'second_factor' | 'enroll';
      };
      readonly limits?: RepositoryLimits;
    }
  | {
      readonly kind: 'token';
      readonly name: string;
      readonly scopes: readonly string[];
      /** Whose token it is. */
      readonly owner?: string;
      /** Which of the owner's it is. */
      readonly token?: { readonly id: string };
      readonly limits?: RepositoryLimits;
    }
  | { readonly kind: 'host_user'; readonly name: string; readonly host: string }
  | { readonly kind: 'anonymous'; readonly name: 'anonymous' };
