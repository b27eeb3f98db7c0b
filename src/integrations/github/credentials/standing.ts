import type { Kysely } from 'kysely';
import type { Clock } from '../../../lib/clock.ts';
import { sha256 } from '../../../lib/hash.ts';
import type { GithubTables } from '../tables.ts';

/** How a credential stands with GitHub, shared by all processes and kept over restarts. */
export interface Standing {
  /** Since when this token is not used any more; null when it may be. A changed token stands anew. */
  suspendedSince(fingerprint: string): Promise<Date | null>;
  refused(fingerprint: string): Promise<void>;
  accepted(fingerprint: string): Promise<void>;
}

export interface StandingDeps {
  readonly db: Kysely<GithubTables>;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  /** Told once when it is suspended. */
  readonly onSuspended: (credential: string) => void;
}

const refusalsAtMost = 3;
/** So long what another process found is not known here. */
const lookMs = 5000;

export function createStanding(credential: string, deps: StandingDeps): Standing {
  const { db, clock } = deps;
  let known: { readonly at: number; readonly row: Row | null } | null = null;
  const look = async (): Promise<Row | null> => {
    const now = clock.monotonicMs();
    if (known !== null && now - known.at < lookMs) return known.row;
    const row =
      (await db
        .selectFrom('github_standing')
        .select(['fingerprint', 'refusals', 'suspended_at'])
        .where('credential', '=', credential)
        .executeTakeFirst()) ?? null;
    known = { at: now, row };
    return row;
  };
  return {
    suspendedSince: async (fingerprint) => {
      const row = await look();
      return row?.fingerprint === fingerprint ? row.suspended_at : null;
    },
    refused: async (fingerprint) => {
      const before = await look();
      const row = await countRefusal(db, credential, fingerprint, clock.now());
      known = { at: clock.monotonicMs(), row };
      if (row.suspended_at !== null && before?.suspended_at == null) deps.onSuspended(credential);
    },
    accepted: async (fingerprint) => {
      const row = await look();
      if (row === null || row.refusals === 0 || row.fingerprint !== fingerprint) return;
      known = null;
      await db
        .updateTable('github_standing')
        .set({ refusals: 0, suspended_at: null })
        .where('credential', '=', credential)
        .where('fingerprint', '=', fingerprint)
        .execute();
    },
  };
}

interface Row {
  readonly fingerprint: string;
  readonly refusals: number;
  readonly suspended_at: Date | null;
}

async function countRefusal(
  db: Kysely<GithubTables>,
  credential: string,
  fingerprint: string,
  now: Date,
): Promise<Row> {
  return await db.transaction().execute(async (open) => {
    await open
      .insertInto('github_standing')
      .values({ credential, fingerprint, refusals: 0, suspended_at: null })
      .onConflict((conflict) => conflict.column('credential').doNothing())
      .execute();
    const before = await open
      .selectFrom('github_standing')
      .select(['fingerprint', 'refusals', 'suspended_at'])
      .where('credential', '=', credential)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const isSame = before.fingerprint === fingerprint;
    const refusals = (isSame ? before.refusals : 0) + 1;
    const since = isSame ? before.suspended_at : null;
    const row = {
      fingerprint,
      refusals,
      suspended_at: since ?? (refusals >= refusalsAtMost ? now : null),
    };
    await open
      .updateTable('github_standing')
      .set(row)
      .where('credential', '=', credential)
      .execute();
    return row;
  });
}

/** Credentials that are not used any more, for health and `credentials lift`. */
export async function suspendedCredentials(
  db: Kysely<GithubTables>,
): Promise<readonly { readonly credential: string; readonly since: Date }[]> {
  const rows = await db
    .selectFrom('github_standing')
    .select(['credential', 'suspended_at'])
    .where('suspended_at', 'is not', null)
    .orderBy('credential')
    .execute();
  return rows.map(({ credential, suspended_at: since }) => ({
    credential,
    since: since ?? new Date(0),
  }));
}

/** Stops the use of a token at once, whatever GitHub says of it: somebody else may have it. */
export async function suspendToken(
  db: Kysely<GithubTables>,
  credential: string,
  token: string,
  now: Date,
): Promise<void> {
  const row = { fingerprint: fingerprintOf(token), refusals: 0, suspended_at: now };
  await db
    .insertInto('github_standing')
    .values({ credential, ...row })
    .onConflict((conflict) => conflict.column('credential').doUpdateSet(row))
    .execute();
}

/** Tells one token from the next without telling anything of it. */
export function fingerprintOf(token: string): string {
  return sha256(`claude-manager github token ${token}`).slice(0, 16);
}

/** A person says that it may be used again; false when it was not suspended. */
export async function liftSuspension(
  db: Kysely<GithubTables>,
  credential: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('github_standing')
    .set({ refusals: 0, suspended_at: null })
    .where('credential', '=', credential)
    .where('suspended_at', 'is not', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}
