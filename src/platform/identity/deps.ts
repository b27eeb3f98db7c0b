import type { Kysely } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { IdentityTables } from './tables.ts';

export type IdentityDatabase = Kysely<IdentityTables>;

/** Encrypts what must be read again (a TOTP secret); `purpose` binds a sealed text to its place. */
export interface SecretBox {
  seal(plain: string, purpose: string): Promise<string>;
  /** Throws when the text was not sealed for this purpose, or was changed. */
  open(sealed: string, purpose: string): Promise<string>;
}

/** What the configuration says of signing in, asked at each use so that a reload is seen at once. */
export interface IdentitySettings {
  /** A session without activity ends. */
  readonly idleMs: number;
  /** A session ends, whatever was done in it. */
  readonly absoluteMs: number;
  readonly maxAttempts: number;
  /** How long an account or an address stays locked; also the window in which attempts are counted. */
  readonly lockMs: number;
  readonly requireSecondFactor: boolean;
  readonly minPasswordLength: number;
  /** Where browsers reach us, for example `https://claude.example`; passkeys are bound to it. */
  readonly origin: string;
}

/** What happened to an account; the security log and the audit are told. */
export interface IdentityEvent {
  /** From the vocabulary of the audit, for example `auth.login.fail`. */
  readonly event: string;
  readonly outcome: 'ok' | 'refused';
  /** The account, as it was named. */
  readonly user: string;
  readonly client: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface IdentityDeps {
  readonly db: IdentityDatabase;
  readonly clock: Clock;
  readonly random: Random;
  readonly box: SecretBox;
  readonly settings: () => IdentitySettings;
  readonly report: (event: IdentityEvent) => Promise<void>;
}
