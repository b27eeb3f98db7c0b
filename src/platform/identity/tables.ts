import type { ColumnType, Generated } from 'kysely';

/** By what a session was begun; `bootstrap`: the link to the first account. */
export type SessionMethod =
  | 'password'
  | 'password+totp'
  | 'password+recovery'
  | 'passkey'
  | 'bootstrap';

/** A role, everywhere or only in repositories that match one of the patterns. */
export interface Grant {
  readonly role: string;
  /** Patterns such as `acme/*`; null = everywhere. */
  readonly repositories: readonly string[] | null;
}

/** Tables of this room. No column holds what a reader could sign in with: secrets are hashes or sealed. */
export interface IdentityTables {
  readonly identity_users: {
    readonly id: string;
    readonly name: string;
    /** The name as it is looked up: NFKC, lower case. Never given to a second person. */
    readonly name_key: string;
    readonly grants: ColumnType<readonly Grant[], string, string>;
    /** Hash with its parameters; null when the person signs in by passkey only. */
    readonly password: string | null;
    readonly must_change_password: Generated<boolean>;
    /** Sealed. */
    readonly totp_secret: string | null;
    /** Sealed; waits for its first code. */
    readonly totp_pending: string | null;
    /** The last 30-second step whose code was taken. */
    readonly totp_last_step: Generated<number>;
    readonly disabled_at: Date | null;
    readonly removed_at: Date | null;
    readonly created_at: Date;
    readonly created_by: string;
    readonly signed_in_at: Date | null;
  };
  readonly identity_sessions: {
    readonly id: string;
    readonly secret_hash: string;
    readonly user_id: string;
    /** The password was right; the second factor is still owed. */
    readonly awaits_factor: boolean;
    readonly tries: Generated<number>;
    readonly created_at: Date;
    readonly seen_at: Date;
    readonly proven_at: Date;
    readonly ends_at: Date;
    readonly client: string;
    readonly method: SessionMethod;
  };
  readonly identity_tokens: {
    readonly id: string;
    readonly secret_hash: string;
    readonly user_id: string;
    readonly name: string;
    readonly scopes: ColumnType<readonly string[], string, string>;
    readonly created_at: Date;
    readonly created_by: string;
    readonly expires_at: Date;
    readonly used_at: Date | null;
    readonly revoked_at: Date | null;
  };
  readonly identity_recovery_codes: {
    readonly id: string;
    readonly user_id: string;
    readonly salt: string;
    readonly hash: string;
    readonly used_at: Date | null;
  };
  readonly identity_passkeys: {
    /** base64url, as the authenticator names it. */
    readonly id: string;
    readonly user_id: string;
    readonly name: string;
    readonly public_key: Buffer;
    readonly counter: number;
    readonly transports: ColumnType<readonly string[], string, string>;
    readonly created_at: Date;
    readonly used_at: Date | null;
  };
  readonly identity_challenges: {
    readonly id: string;
    readonly purpose: string;
    readonly user_id: string | null;
    readonly challenge: string;
    readonly ends_at: Date;
  };
  readonly identity_attempts: {
    readonly key: string;
    readonly name_key: string | null;
    readonly count: number;
    readonly since: Date;
    readonly locked_until: Date | null;
  };
  readonly identity_known_clients: {
    readonly name_key: string;
    readonly client: string;
    readonly seen_at: Date;
  };
  readonly identity_bootstrap: {
    readonly one: Generated<boolean>;
    readonly secret_hash: string;
    readonly ends_at: Date;
  };
}
