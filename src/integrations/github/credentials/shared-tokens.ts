import type { Kysely } from 'kysely';
import { AppError } from '../../../lib/app-error.ts';
import type { Clock } from '../../../lib/clock.ts';
import { letStand } from '../../../platform/database/standstill.ts';
import type { GithubTables } from '../tables.ts';
import type { TokenSource } from './access.ts';
import type { InstallationToken } from './app-tokens.ts';

/** Closes a token for the database; platform/vault. */
export interface TokenSealing {
  seal(plain: string, purpose: string): Promise<string>;
  open(sealed: string, purpose: string): Promise<Buffer>;
}

export interface SharedTokenDeps {
  /** Names the credential and the account. */
  readonly id: string;
  readonly db: Kysely<GithubTables>;
  readonly sealing: TokenSealing;
  readonly mint: () => Promise<InstallationToken>;
  readonly clock: Pick<Clock, 'now'>;
  readonly redactor: { register(name: string, value: string): void };
}

/** A token is replaced when less than this is left, so that none ends on its way. */
const sparedMs = 5 * 60_000;

/**
 * Short-lived tokens, one for all processes: whoever needs one first makes it under the row's lock, the others take it
 * from there. In this process equal needs at the same time are one.
 */
export function createSharedTokens(deps: SharedTokenDeps): TokenSource {
  let held: InstallationToken | null = null;
  let underWay: Promise<string> | null = null;
  const isGood = (one: InstallationToken): boolean =>
    one.expiresAt.getTime() - deps.clock.now().getTime() > sparedMs;
  const fetched = async (refused: string | null): Promise<string> => {
    const next = await underLock(deps, isGood, refused);
    deps.redactor.register('github-installation-token', next.token);
    held = next;
    return next.token;
  };
  const single = (refused: string | null): Promise<string> => {
    underWay ??= fetched(refused).finally(() => {
      underWay = null;
    });
    return underWay;
  };
  return {
    current: async () => (held !== null && isGood(held) ? held.token : await single(null)),
    renew: async (refused) =>
      held !== null && held.token !== refused && isGood(held) ? held.token : await single(refused),
  };
}

async function underLock(
  deps: SharedTokenDeps,
  isGood: (one: InstallationToken) => boolean,
  refused: string | null,
): Promise<InstallationToken> {
  const { id, db, mint } = deps;
  await db
    .insertInto('github_app_tokens')
    .values({ credential: id, sealed: null, expires_at: null })
    .onConflict((conflict) => conflict.column('credential').doNothing())
    .execute();
  return await db.transaction().execute(async (open) => {
    // GitHub is asked in it, which has a deadline of its own.
    await letStand(open);
    const row = await open
      .selectFrom('github_app_tokens')
      .select(['sealed', 'expires_at'])
      .where('credential', '=', id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const there = await openedOf(deps, row);
    if (there !== null && there.token !== refused && isGood(there)) return there;
    const made = await mint();
    await open
      .updateTable('github_app_tokens')
      .set({
        sealed: await deps.sealing.seal(made.token, purposeOf(id)),
        expires_at: made.expiresAt,
      })
      .where('credential', '=', id)
      .execute();
    return made;
  });
}

const purposeOf = (id: string): string => `github token of ${id}`;

/** One that cannot be opened any more is simply made anew: it was worth an hour. */
async function openedOf(
  { id, sealing }: SharedTokenDeps,
  row: { readonly sealed: string | null; readonly expires_at: Date | null },
): Promise<InstallationToken | null> {
  if (row.sealed === null || row.expires_at === null) return null;
  try {
    const plain = await sealing.open(row.sealed, purposeOf(id));
    const token = plain.toString('utf8');
    plain.fill(0);
    return { token, expiresAt: row.expires_at };
  } catch (error) {
    if (error instanceof AppError && error.kind === 'not_well' && error.code === 'token_invalid')
      return null;
    throw error;
  }
}
