import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../lib/app-error.ts';
import type { Random } from '../../lib/random.ts';
import type { IdentityDatabase, IdentityDeps } from './deps.ts';
import { newId } from './secrets.ts';
import { base32, stepsOfCode, totpUri } from './totp.ts';

/** Code generator (RFC 6238) and recovery codes. */
export interface Factors {
  beginTotp(user: UserName): Promise<{ readonly key: string; readonly uri: string }>;
  /** The begun generator becomes the account's; answers new recovery codes, null when the code is wrong. */
  confirmTotp(user: UserName, code: string): Promise<readonly string[] | null>;
  removeTotp(userId: string): Promise<boolean>;
  /** True once for each code: a used step and every earlier one are refused, whoever is first. */
  takeTotp(userId: string, code: string): Promise<boolean>;
  /** True once for each code. */
  takeRecovery(userId: string, code: string): Promise<boolean>;
  /** Ten, of 80 bits each; the ones before are void. */
  newRecoveryCodes(userId: string): Promise<readonly string[]>;
  /** Takes away every second factor of an account. */
  removeAll(userId: string): Promise<void>;
}

export interface UserName {
  readonly id: string;
  readonly name: string;
}

const recoveryCodes = 10;
/** As RFC 4226 recommends: 160 bits. */
const secretBytes = 20;
const issuer = 'Claude Manager';

export function createFactors({ db, clock, random, box }: IdentityDeps): Factors {
  const purposeOf = (userId: string): string => `totp:${userId}`;
  const secretOf = async (sealed: string, userId: string): Promise<Buffer> =>
    Buffer.from(await box.open(sealed, purposeOf(userId)), 'base64url');
  const columns = (userId: string) =>
    db
      .selectFrom('identity_users')
      .select(['totp_secret', 'totp_pending'])
      .where('id', '=', userId)
      .executeTakeFirst();
  return {
    beginTotp: async ({ id, name }) => {
      const secret = random.bytes(secretBytes);
      await db
        .updateTable('identity_users')
        .set({ totp_pending: await box.seal(secret.toString('base64url'), purposeOf(id)) })
        .where('id', '=', id)
        .execute();
      return { key: base32(secret), uri: totpUri(secret, name, issuer) };
    },
    confirmTotp: async ({ id }, code) => {
      const pending = (await columns(id))?.totp_pending ?? null;
      if (pending === null) throw nothingBegun();
      const [step] = stepsOfCode(await secretOf(pending, id), code, clock.now());
      if (step === undefined) return null;
      const codes = makeCodes(random);
      const confirmed = await db.transaction().execute(async (open) => {
        const row = await open
          .updateTable('identity_users')
          .set({ totp_secret: pending, totp_pending: null, totp_last_step: step })
          .where('id', '=', id)
          .where('totp_pending', '=', pending)
          .returning('id')
          .executeTakeFirst();
        if (row !== undefined) await replaceCodes(open, random, id, codes);
        return row !== undefined;
      });
      return confirmed ? codes : null;
    },
    removeTotp: async (userId) =>
      (await db
        .updateTable('identity_users')
        .set({ totp_secret: null, totp_pending: null })
        .where('id', '=', userId)
        .where('totp_secret', 'is not', null)
        .returning('id')
        .executeTakeFirst()) !== undefined,
    takeTotp: async (userId, code) => {
      const sealed = (await columns(userId))?.totp_secret ?? null;
      if (sealed === null) return false;
      const [step] = stepsOfCode(await secretOf(sealed, userId), code, clock.now());
      if (step === undefined) return false;
      const taken = await db
        .updateTable('identity_users')
        .set({ totp_last_step: step })
        .where('id', '=', userId)
        .where('totp_secret', '=', sealed)
        .where('totp_last_step', '<', step)
        .returning('id')
        .executeTakeFirst();
      return taken !== undefined;
    },
    takeRecovery: async (userId, code) => {
      const rows = await db
        .selectFrom('identity_recovery_codes')
        .select(['id', 'salt', 'hash'])
        .where('user_id', '=', userId)
        .where('used_at', 'is', null)
        .execute();
      const found = rows.find(({ salt, hash }) =>
        timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(hashOfCode(salt, code), 'hex')),
      );
      if (found === undefined) return false;
      const taken = await db
        .updateTable('identity_recovery_codes')
        .set({ used_at: clock.now() })
        .where('id', '=', found.id)
        .where('used_at', 'is', null)
        .returning('id')
        .executeTakeFirst();
      return taken !== undefined;
    },
    newRecoveryCodes: async (userId) => {
      const codes = makeCodes(random);
      await db.transaction().execute(async (open) => replaceCodes(open, random, userId, codes));
      return codes;
    },
    removeAll: async (userId) => {
      await db.transaction().execute(async (open) => {
        await open
          .updateTable('identity_users')
          .set({ totp_secret: null, totp_pending: null })
          .where('id', '=', userId)
          .execute();
        await open.deleteFrom('identity_recovery_codes').where('user_id', '=', userId).execute();
        await open.deleteFrom('identity_passkeys').where('user_id', '=', userId).execute();
      });
    },
  };
}

function makeCodes(random: Pick<Random, 'bytes'>): readonly string[] {
  return Array.from({ length: recoveryCodes }, () =>
    base32(random.bytes(10))
      .toLowerCase()
      .replaceAll(/(.{4})(?!$)/gu, '$1-'),
  );
}

async function replaceCodes(
  db: IdentityDatabase,
  random: Pick<Random, 'bytes'>,
  userId: string,
  codes: readonly string[],
): Promise<void> {
  await db.deleteFrom('identity_recovery_codes').where('user_id', '=', userId).execute();
  const rows = codes.map((code) => {
    const salt = random.bytes(16).toString('hex');
    return {
      id: newId(random),
      user_id: userId,
      salt,
      hash: hashOfCode(salt, code),
      used_at: null,
    };
  });
  await db.insertInto('identity_recovery_codes').values(rows).execute();
}

/** 80 random bits need no slow hash; hyphens, blanks and case are as people type them. */
function hashOfCode(salt: string, code: string): string {
  const plain = code.toLowerCase().replaceAll(/[\s-]/gu, '');
  return createHash('sha256').update(salt).update(plain).digest('hex');
}

function nothingBegun(): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'totp_not_begun',
    message: 'There is no code generator to confirm.',
    next: 'Begin with account.totp-begin.',
  });
}
