import type {
  AuthenticationResponseJSON,
  RegistrationResponseJSON,
  WebAuthnCredential,
} from '@simplewebauthn/server';
import { AppError } from '../../lib/app-error.ts';
import type { IdentityDeps } from './deps.ts';
import type { UserName } from './factors.ts';
import { newSecret } from './secrets.ts';

/** Loaded with the first passkey: its certificates cost a start more than all else of this room. */
const webauthn = () => import('@simplewebauthn/server');

export interface PasskeyLine {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly usedAt: Date | null;
}

/** The name of a challenge, and what the browser is to be asked with. */
export interface PasskeyChallenge {
  readonly challenge: string;
  readonly options: Record<string, unknown>;
}

/** Passkeys (WebAuthn): bound to our origin, with the person verified by the device, so that one is both factors. */
export interface Passkeys {
  beginAdding(user: UserName): Promise<PasskeyChallenge>;
  /** AppError `passkey_refused`. */
  finishAdding(
    user: UserName,
    given: { readonly challenge: string; readonly name: string; readonly answer: unknown },
  ): Promise<PasskeyLine>;
  /** Any passkey may answer; it says itself whose it is. */
  beginProof(): Promise<PasskeyChallenge>;
  /** The account whose passkey answered, null when it does not hold. A challenge is good for one answer. */
  finishProof(given: {
    readonly challenge: string;
    readonly answer: unknown;
  }): Promise<{ readonly userId: string } | null>;
  list(userId: string): Promise<readonly PasskeyLine[]>;
  remove(userId: string, id: string): Promise<boolean>;
  sweep(): Promise<void>;
}

const challengeMs = 5 * 60_000;
const product = 'Claude Manager';
/** EdDSA, ES256, RS256 (RFC 9053, RFC 8812): what devices have; naming them keeps the library from probing for more. */
const algorithms = [-8, -7, -257];

export function createPasskeys({ db, clock, random, settings }: IdentityDeps): Passkeys {
  const site = (): { readonly origin: string; readonly id: string } => {
    const { origin } = settings();
    return { origin, id: new URL(origin).hostname };
  };
  const keep = async (
    purpose: string,
    userId: string | null,
    options: { readonly challenge: string },
  ): Promise<PasskeyChallenge> => {
    const challenge = newSecret(random);
    await db
      .insertInto('identity_challenges')
      .values({
        id: challenge,
        purpose,
        user_id: userId,
        challenge: options.challenge,
        ends_at: new Date(clock.now().getTime() + challengeMs),
      })
      .execute();
    return { challenge, options: { ...options } };
  };
  /** Taken out whatever the answer is worth, so that nobody tries twice. */
  const take = async (purpose: string, id: string, userId: string | null) => {
    const row = await db
      .deleteFrom('identity_challenges')
      .where('id', '=', id)
      .where('purpose', '=', purpose)
      .returning(['challenge', 'ends_at', 'user_id'])
      .executeTakeFirst();
    const isGood = row !== undefined && row.ends_at > clock.now() && row.user_id === userId;
    return isGood ? row.challenge : null;
  };
  const list = async (userId: string): Promise<readonly PasskeyLine[]> => {
    const rows = await db
      .selectFrom('identity_passkeys')
      .select(['id', 'name', 'created_at', 'used_at'])
      .where('user_id', '=', userId)
      .orderBy('created_at')
      .execute();
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      createdAt: row.created_at,
      usedAt: row.used_at,
    }));
  };
  return {
    beginAdding: async ({ id, name }) => {
      const options = await (await webauthn()).generateRegistrationOptions({
        rpName: product,
        rpID: site().id,
        userName: name,
        userID: new Uint8Array(Buffer.from(id, 'hex')),
        challenge: new Uint8Array(random.bytes(32)),
        excludeCredentials: (await list(id)).map((passkey) => ({ id: passkey.id })),
        supportedAlgorithmIDs: algorithms,
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      });
      return keep('add', id, options);
    },
    finishAdding: async ({ id }, given) => {
      const expectedChallenge = await take('add', given.challenge, id);
      if (expectedChallenge === null) throw refused('the challenge is unknown or too old');
      const verified = await (await webauthn())
        .verifyRegistrationResponse({
          response: given.answer as RegistrationResponseJSON,
          expectedChallenge,
          expectedOrigin: site().origin,
          expectedRPID: site().id,
          requireUserVerification: true,
          supportedAlgorithmIDs: algorithms,
        })
        .catch((cause: unknown) => {
          throw refused('its answer does not hold', cause);
        });
      if (!verified.verified) throw refused('its answer does not hold');
      const { credential } = verified.registrationInfo;
      const now = clock.now();
      const row = await db
        .insertInto('identity_passkeys')
        .values({
          id: credential.id,
          user_id: id,
          name: given.name,
          public_key: Buffer.from(credential.publicKey),
          counter: credential.counter,
          transports: JSON.stringify(credential.transports ?? []),
          created_at: now,
          used_at: null,
        })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst();
      if (row === undefined) throw refused('it belongs to an account already');
      return { id: credential.id, name: given.name, createdAt: now, usedAt: null };
    },
    beginProof: async () => {
      const options = await (await webauthn()).generateAuthenticationOptions({
        rpID: site().id,
        challenge: new Uint8Array(random.bytes(32)),
        userVerification: 'required',
      });
      return keep('proof', null, options);
    },
    finishProof: async ({ challenge, answer }) => {
      const expectedChallenge = await take('proof', challenge, null);
      const response = answer as AuthenticationResponseJSON;
      const row = await db
        .selectFrom('identity_passkeys')
        .selectAll()
        .where('id', '=', response.id)
        .executeTakeFirst();
      if (expectedChallenge === null || row === undefined) return null;
      const verified = await (await webauthn())
        .verifyAuthenticationResponse({
          response,
          expectedChallenge,
          expectedOrigin: site().origin,
          expectedRPID: site().id,
          requireUserVerification: true,
          credential: {
            id: row.id,
            publicKey: new Uint8Array(row.public_key),
            counter: row.counter,
            transports: row.transports as NonNullable<WebAuthnCredential['transports']>,
          },
        })
        .catch(() => null);
      if (verified?.verified !== true) return null;
      const { newCounter } = verified.authenticationInfo;
      // A device that counts must count on, also when two answers race: else it was copied.
      const taken = await db
        .updateTable('identity_passkeys')
        .set({ counter: newCounter, used_at: clock.now() })
        .where('id', '=', row.id)
        .where((where) =>
          where.or([
            where('counter', '<', newCounter),
            where.and([where('counter', '=', 0), where.val(newCounter === 0)]),
          ]),
        )
        .returning('user_id')
        .executeTakeFirst();
      return taken === undefined ? null : { userId: taken.user_id };
    },
    list,
    remove: async (userId, id) =>
      (await db
        .deleteFrom('identity_passkeys')
        .where('user_id', '=', userId)
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst()) !== undefined,
    sweep: async () => {
      await db.deleteFrom('identity_challenges').where('ends_at', '<', clock.now()).execute();
    },
  };
}

function refused(why: string, cause?: unknown): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'passkey_refused',
    message: `The passkey was not taken: ${why}.`,
    next: 'Begin again.',
    cause,
  });
}
