import { AppError } from '../../lib/app-error.ts';
import type { IdentityDeps } from './deps.ts';
import { hashOf, isTokenSecret, newId, newTokenSecret } from './secrets.ts';
import type { Grant } from './tables.ts';

/** A token without its secret. */
export interface TokenLine {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
  readonly revokedAt: Date | null;
}

/** Whose token it is and what it was given; the rights of the owner are those of this moment. */
export interface TokenOwner {
  readonly tokenId: string;
  readonly tokenName: string;
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly scopes: readonly string[];
}

export interface Tokens {
  /** The secret is in the answer and nowhere else. */
  create(token: {
    readonly userId: string;
    readonly name: string;
    readonly scopes: readonly string[];
    readonly expiresAt: Date;
    readonly createdBy: string;
  }): Promise<{ readonly line: TokenLine; readonly secret: string }>;
  /** Null for a token that is unknown, expired, revoked, or of an account that may not act. */
  owner(secret: string): Promise<TokenOwner | null>;
  /** All when no account is named; newest first. */
  list(userId: string | null): Promise<readonly TokenLine[]>;
  get(id: string): Promise<TokenLine>;
  revoke(id: string): Promise<TokenLine>;
}

/** The last use is written down at most this often. */
const touchMs = 60_000;

export function createTokens({ db, clock, random, settings }: IdentityDeps): Tokens {
  const lines = async (where: {
    readonly userId?: string;
    readonly id?: string;
  }): Promise<readonly TokenLine[]> => {
    const rows = await db
      .selectFrom('identity_tokens as t')
      .innerJoin('identity_users as u', 'u.id', 't.user_id')
      .selectAll('t')
      .select('u.name as owner')
      .$if(where.userId !== undefined, (query) => query.where('t.user_id', '=', where.userId ?? ''))
      .$if(where.id !== undefined, (query) => query.where('t.id', '=', where.id ?? ''))
      .orderBy('t.created_at', 'desc')
      .execute();
    return rows.map((row) => ({
      id: row.id,
      owner: row.owner,
      name: row.name,
      scopes: row.scopes,
      createdAt: row.created_at,
      createdBy: row.created_by,
      expiresAt: row.expires_at,
      usedAt: row.used_at,
      revokedAt: row.revoked_at,
    }));
  };
  const get = async (id: string): Promise<TokenLine> => {
    const [line] = await lines({ id });
    if (line === undefined) throw unknownToken(id);
    return line;
  };
  return {
    create: async ({ userId, name, scopes, expiresAt, createdBy }) => {
      const id = newId(random);
      const secret = newTokenSecret(random);
      await db
        .insertInto('identity_tokens')
        .values({
          id,
          secret_hash: hashOf(secret),
          user_id: userId,
          name,
          scopes: JSON.stringify(scopes),
          created_at: clock.now(),
          created_by: createdBy,
          expires_at: expiresAt,
          used_at: null,
          revoked_at: null,
        })
        .execute();
      return { line: await get(id), secret };
    },
    owner: async (secret) => {
      if (!isTokenSecret(secret)) return null;
      const now = clock.now();
      const row = await db
        .selectFrom('identity_tokens as t')
        .innerJoin('identity_users as u', 'u.id', 't.user_id')
        .select(['t.id', 't.name as token', 't.scopes', 't.used_at', 'u.name', 'u.grants'])
        .select(['u.totp_secret', 'u.must_change_password'])
        .select((select) =>
          select
            .selectFrom('identity_passkeys as p')
            .select('p.id')
            .whereRef('p.user_id', '=', 'u.id')
            .limit(1)
            .as('passkey'),
        )
        .where('t.secret_hash', '=', hashOf(secret))
        .where('t.expires_at', '>', now)
        .where('t.revoked_at', 'is', null)
        .where('u.disabled_at', 'is', null)
        .where('u.removed_at', 'is', null)
        .executeTakeFirst();
      if (row === undefined) return null;
      const isEnrolled = row.totp_secret !== null || row.passkey !== null;
      if (settings().requireSecondFactor && !isEnrolled) return null;
      if (row.used_at === null || now.getTime() - row.used_at.getTime() >= touchMs) {
        await db
          .updateTable('identity_tokens')
          .set({ used_at: now })
          .where('id', '=', row.id)
          .execute();
      }
      return {
        tokenId: row.id,
        tokenName: row.token,
        name: row.name,
        grants: row.grants,
        scopes: row.scopes,
      };
    },
    list: (userId) => lines(userId === null ? {} : { userId }),
    get,
    revoke: async (id) => {
      await db
        .updateTable('identity_tokens')
        .set({ revoked_at: clock.now() })
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .execute();
      return get(id);
    },
  };
}

export function unknownToken(id: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'token_unknown',
    message: `There is no token ${id}.`,
    next: '`claude-manager tokens list` prints the ids.',
  });
}
